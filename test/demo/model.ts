/** The model of the demo: the real API if there is a key, otherwise a stand-in on this machine. */

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
  // The demo may run in a session, but a server does not start inside one.
  const { CLAUDE_SESSIONS_MARKER: _, ...own } = process.env;
  const environment = Object.fromEntries(
    Object.entries(own).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  return {
    about: 'ANTHROPIC_API_KEY is set: the demo uses the real API and spends tokens of that key.',
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
      'ANTHROPIC_API_KEY is not set. Claude Code is real, but a scripted stand-in on this machine plays the\n' +
      'model, so the tokens and dollars below are invented. Set the key to use the real API.',
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
      text: "I'll see what needs to be done.",
      tool: 'Read',
      input: { file_path: join(directory, 'TODO.md') },
    },
    { tool: 'Read', input: { file_path: price } },
    {
      text: "The total ignores the quantity. I'll fix that.",
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
      text: 'total() now multiplies each price by its quantity; CHANGES.md describes the change.',
      chunks: 8,
    },
  ];
}
