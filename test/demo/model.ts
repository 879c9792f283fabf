/** The model behind the demo: the real API where there is a key, else a stand-in on this machine. */

import { join } from 'node:path';
import { isolatedEnvironment } from '../support/claude-env.ts';
import { script, startMessagesApi } from '../support/messages-api.ts';
import { FIXED_PRICE_JS, type SampleProject } from './sample.ts';

export type Model = {
  readonly about: string;
  readonly prompt: string;
  /** What the server, and so Claude Code, is started with. */
  readonly environment: Record<string, string>;
  close(): Promise<void>;
};

export function chooseModel(project: SampleProject): Promise<Model> {
  return process.env.ANTHROPIC_API_KEY ? Promise.resolve(realModel(project)) : standIn(project);
}

function realModel(project: SampleProject): Model {
  const environment = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
  return {
    about:
      'ANTHROPIC_API_KEY is set: the real API answers, and the tokens are charged to that key.',
    prompt: project.task,
    environment,
    close: async () => {},
  };
}

async function standIn(project: SampleProject): Promise<Model> {
  const api = await startMessagesApi();
  const { env, remove } = await isolatedEnvironment(api.url);
  return {
    about:
      'ANTHROPIC_API_KEY is not set: the Claude Code is real, but its model is a stand-in on this machine that\n' +
      'follows a script. Tokens and dollars below are its invention. Set the key to see the real thing.',
    prompt: script(steps(project.directory), project.task),
    environment: env,
    close: async () => {
      await api.close();
      await remove();
    },
  };
}

function steps(directory: string): Parameters<typeof script>[0] {
  const price = join(directory, 'price.js');
  return [
    {
      text: 'I look at what is to be done.',
      tool: 'Read',
      input: { file_path: join(directory, 'TODO.md') },
    },
    { tool: 'Read', input: { file_path: price } },
    {
      text: 'The total leaves out the quantity. I mend that.',
      tool: 'Write',
      input: { file_path: price, content: FIXED_PRICE_JS },
    },
    {
      tool: 'Write',
      input: {
        file_path: join(directory, 'CHANGES.md'),
        content: '- total() multiplies each price by its quantity\n',
      },
    },
    {
      text: 'total() now multiplies each price by its quantity, and CHANGES.md says so.',
      chunks: 8,
    },
  ];
}
