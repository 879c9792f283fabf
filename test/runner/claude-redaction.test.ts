/** Credentials of the server's environment that Claude prints, with the real Claude Code. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loggerTo } from '../../src/log.ts';
import { makeScriptedClaude } from '../support/program.ts';
import { openWorld } from './open-world.ts';

const KEY = 'sk-ant-api03-0123456789abcdef';
const MARK = '[redacted]';

const world = await openWorld();

const startWithKey = () =>
  world.start(
    { options: { allowedTools: ['Bash'] } },
    world.runner({ environment: { ANTHROPIC_API_KEY: KEY } }),
  );

test('what Claude says, thinks, asks with and is told by a tool leaves the runner without the key', async () => {
  const { heard, turn } = await startWithKey();
  const outcome = await turn([
    {
      thinking: `It is ${KEY}.`,
      text: `The key is ${KEY}.`,
      tool: 'Bash',
      input: { command: `echo ${KEY}` },
    },
    { tool: 'Bash', input: { command: 'env; echo "$ANTHROPIC_API_KEY" | base64 -w 0' } },
    { text: `Your key: ${KEY}` },
  ]);
  const kept = JSON.stringify([heard.outputs, heard.asked, outcome]);
  expect(kept).not.toContain(KEY);
  expect(kept).not.toContain(Buffer.from(KEY).toString('base64').slice(0, 30));
  const said = heard.all('text').map(({ text }) => text);
  expect(said[0]).toBe(`The key is ${MARK}.`);
  expect(heard.all('tool_use')[0]?.input).toEqual({ command: `echo ${MARK}` });
  expect(heard.all('tool_result')[0]?.text).toBe(MARK);
  expect(heard.all('tool_result')[1]?.text).toContain(`ANTHROPIC_API_KEY=${MARK}`);
  expect(outcome).toMatchObject({ state: 'completed', result: `Your key: ${MARK}` });
});

test('of what Claude asks for nobody is shown the key, and Claude runs what it asked for', async () => {
  const { heard, turn } = await startWithKey();
  const file = join(world.cwd, 'asked');
  await turn([{ tool: 'Write', input: { file_path: file, content: `key=${KEY}` } }, { text: 'x' }]);
  expect(heard.asked[0]?.input).toEqual({ file_path: file, content: `key=${MARK}` });
  expect(await readFile(file, 'utf8')).toBe(`key=${KEY}`);
  heard.answer = ({ input }) => ({
    decision: 'allow',
    updatedInput: { ...input, file_path: `${file}-2` },
  });
  await turn([{ tool: 'Write', input: { file_path: file, content: `key=${KEY}` } }, { text: 'x' }]);
  expect(await readFile(`${file}-2`, 'utf8')).toBe(`key=${KEY}`);
});

test('a question that holds the key is answered under the words in which it was shown', async () => {
  const { heard, turn } = await startWithKey();
  const question = `Is ${KEY} right?`;
  heard.answer = ({ input }) => {
    const [shown] = input.questions as { question: string }[];
    return {
      decision: 'allow',
      updatedInput: { ...input, answers: { [shown?.question ?? '']: `It is., the ${MARK}` } },
    };
  };
  const options = [
    { label: 'Yes', description: 'y' },
    { label: `the ${KEY}`, description: 'n' },
  ];
  const questions = [{ question, header: 'Key', options, multiSelect: false }];
  await turn([{ tool: 'AskUserQuestion', input: { questions } }, { text: 'x' }]);
  expect(JSON.stringify(heard.asked)).not.toContain(KEY);
  expect(heard.all('tool_result')[0]?.text).toContain('It is.');
  expect(JSON.stringify(world.api.requests.at(-1)?.body?.messages)).toContain(
    `${KEY} right?\\"=\\"It is., the ${KEY}`,
  );
});

test('a file that holds the key is not shown with it, however long it is', async () => {
  const { heard, turn } = await startWithKey();
  const file = join(world.cwd, 'long');
  await writeFile(file, `${'x'.repeat(70)}${KEY}\n`.repeat(40));
  await turn([{ tool: 'Bash', input: { command: `cat ${file}` } }, { text: 'x' }]);
  expect(heard.all('tool_result')[0]?.text).toContain(`x${MARK}`);
  expect(heard.all('tool_result')[0]?.text).not.toContain(KEY);
});

test('what Claude Code wrote as it crashed is logged without the end of a key that began before it', async () => {
  const lines: string[] = [];
  const claudePath = await makeScriptedClaude(world.directory);
  const environment = { ANTHROPIC_API_KEY: KEY };
  const log = loggerTo({ write: (line) => void lines.push(line) }, 'warn');
  const runner = world.runner({ claudePath, environment, log });
  const { heard, prompt } = await world.start({}, runner);
  await heard.outcomeOf(prompt('crash-with-key 1990'));
  expect(lines.join()).toMatch(/"stderr":"[^"]*xxxx/);
  expect(lines.join()).not.toContain(KEY.slice(-10));
});
