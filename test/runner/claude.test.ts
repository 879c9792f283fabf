import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { soundTurnUsage } from '../../src/session/usage.ts';
import { openWorld } from './open-world.ts';

const world = await openWorld();

const ONE_REQUEST = {
  inputTokens: 100,
  outputTokens: 10,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  costUsd: 0.0006,
};
const COST = {
  usage: ONE_REQUEST,
  usageByModel: expect.any(Object),
  // What the request sent, and what came back.
  context: { tokens: 110, window: expect.any(Number) },
};

describe('a session', () => {
  test('answers prompts one after the other in one process, each with what it cost', async () => {
    const session = await world.start();
    const first = await session.turn([{ text: 'one', chunks: 3 }]);
    expect(first).toEqual({ state: 'completed', result: 'one', ...COST });
    expect(Object.values(first.usageByModel ?? {})).toEqual([ONE_REQUEST]);
    const second = await session.turn([{ thinking: 'hm', text: 'two' }]);
    expect(second).toEqual({ state: 'completed', result: 'two', ...COST });
    expect(session.heard.all('text').map(({ text }) => text)).toEqual(['one', 'two']);
    expect(session.heard.outputs).toHaveLength(2);
    expect(session.heard.exits).toBe(0);
    await session.run.close();
    expect(session.heard.exits).toBe(1);
  });

  test('counts what can be meant of the figures that the API sends, and goes on', async () => {
    const session = await world.start();
    for (const figure of [2 ** 53, 1e300, 12.5, -5, '7', null]) {
      // What no answer should hold: the type says numbers.
      const usage = { input_tokens: figure, output_tokens: figure } as never;
      const outcome = await session.turn([{ text: `used ${figure}`, usage }]);
      expect(outcome).toMatchObject({ state: 'completed', result: `used ${figure}` });
      expect(outcome.usage).toEqual(soundTurnUsage(outcome.usage ?? {}));
    }
    expect(await session.turn([{ text: 'still here' }])).toMatchObject({ result: 'still here' });
    expect(session.heard.exits).toBe(0);
  });

  test('writes, reads and runs, and tells each call with its result', async () => {
    const session = await world.start();
    const file_path = join(world.cwd, 'note.txt');
    const outcome = await session.turn([
      { tool: 'Write', input: { file_path, content: 'noted' } },
      {
        tools: [
          { tool: 'Read', input: { file_path } },
          { tool: 'Bash', input: { command: 'cat note.txt' } },
        ],
      },
      { tool: 'Bash', input: { command: 'cat no-such-file' } },
      { text: 'all done' },
    ]);
    expect(outcome).toMatchObject({ state: 'completed', result: 'all done' });
    expect(outcome.usage).toMatchObject({ inputTokens: 400, outputTokens: 40, costUsd: 0.0024 });
    expect(await readFile(file_path, 'utf8')).toBe('noted');
    const calls = session.heard.all('tool_use');
    const results = session.heard.all('tool_result');
    expect(calls.map(({ name }) => name)).toEqual(['Write', 'Read', 'Bash', 'Bash']);
    const resultOf = (index: number) =>
      results.find(({ toolUseId }) => toolUseId === calls[index]?.toolUseId);
    expect(resultOf(1)?.text).toContain('noted');
    expect(resultOf(2)).toMatchObject({ isError: false, text: 'noted' });
    expect(resultOf(3)).toMatchObject({ isError: true });
  });

  test('goes on after its process was closed, with the conversation and the count of its cost', async () => {
    const first = await world.start();
    await first.turn([{ text: 'a word to remember' }]);
    await first.run.close();
    const again = await world.start({ uuid: first.uuid });
    expect(await again.turn([{ text: 'later' }])).toMatchObject({ usage: ONE_REQUEST });
    expect(await again.turn([{ text: 'later still' }])).toMatchObject({ usage: ONE_REQUEST });
    const { body, headers } = world.api.requests.at(-1) ?? {};
    expect(JSON.stringify(body?.messages)).toContain('a word to remember');
    expect(headers?.['x-claude-code-session-id']).toBe(first.uuid);
  });

  test('that is forked takes the conversation along, pays only its own turns, and leaves the other alone', async () => {
    const origin = await world.start();
    await origin.turn([{ text: 'before the fork' }]);
    const fork = await world.start({ forkOf: origin.uuid });
    expect(await fork.turn([{ text: 'in the fork' }])).toMatchObject({ usage: ONE_REQUEST });
    expect(JSON.stringify(world.api.requests.at(-1)?.body)).toContain('before the fork');
    await fork.run.close();
    const forkAgain = await world.start({ uuid: fork.uuid, forkOf: origin.uuid });
    await forkAgain.turn([{ text: 'again' }]);
    expect(JSON.stringify(world.api.requests.at(-1)?.body)).toContain('in the fork');
    await origin.turn([{ text: 'after' }]);
    expect(JSON.stringify(world.api.requests.at(-1)?.body)).not.toContain('in the fork');
  });

  test('that is forked from one that never said anything begins anew', async () => {
    const session = await world.start({ forkOf: randomUUID() });
    expect(await session.turn([{ text: 'fresh' }])).toMatchObject({ result: 'fresh' });
  });

  test('that is woken by a background command runs a turn of its own accord', async () => {
    const session = await world.start();
    const steps = [
      { tool: 'Bash', input: { command: 'sleep 0.3; echo x', run_in_background: true } },
      { text: 'started' },
      { text: 'it has ended' },
    ];
    expect(await session.turn(steps)).toMatchObject({
      result: 'started',
      usage: { costUsd: 0.0012 },
    });
    await session.heard.until(() => session.heard.started.length === 1);
    expect(session.heard.tasks).toEqual([1, 0]);
    const outcome = await session.heard.outcomeOf(session.heard.started[0] ?? '');
    expect(outcome).toEqual({ state: 'completed', result: 'it has ended', ...COST });
  });

  test('knows nothing of others that run at the same time, over restarts too', async () => {
    const words = ['north', 'east', 'south', 'west'];
    const each = async (word: string) => {
      const session = await world.start();
      const echo = { tool: 'Bash', input: { command: `echo ${word}` } };
      expect(await session.turn([echo, { text: word }])).toMatchObject({ result: word });
      expect(session.heard.all('tool_result')).toMatchObject([{ text: word }]);
      await session.run.close();
      const again = await world.start({ uuid: session.uuid });
      await again.turn([{ text: 'again' }]);
      await again.run.close();
      const last = world.api.requests.findLast(
        ({ headers }) => headers['x-claude-code-session-id'] === session.uuid,
      );
      return words.filter((other) => JSON.stringify(last?.body?.messages).includes(other));
    };
    expect(await Promise.all(words.map(each))).toEqual(words.map((word) => [word]));
  });

  test('keeps within maxTurns and maxBudgetUsd', async () => {
    const echo = { tool: 'Bash', input: { command: 'echo x' } };
    const short = await world.start({ options: { maxTurns: 1 } });
    expect(await short.turn([echo, { text: 'x' }])).toMatchObject({
      state: 'failed',
      error: { code: 'LIMIT_EXCEEDED', message: expect.stringContaining('maxTurns') },
    });
    expect(await short.turn([{ text: 'goes on' }])).toMatchObject({ result: 'goes on' });
    const poor = await world.start({ options: { maxBudgetUsd: 0.0007 } });
    expect(await poor.turn([echo, echo, { text: 'x' }])).toMatchObject({
      state: 'failed',
      error: { code: 'LIMIT_EXCEEDED', message: expect.stringContaining('maxBudgetUsd') },
      usage: { costUsd: 0.0012 },
    });
  });

  test('has the model and the system prompt that it was given', async () => {
    const options = { model: 'claude-test-model', customSystemPrompt: 'You are a pipe.' };
    const session = await world.start({
      options: { ...options, appendSystemPrompt: 'Mind the gap.' },
    });
    await session.turn([{ text: 'x' }]);
    const { body } = world.api.requests.at(-1) ?? {};
    expect(body?.model).toBe('claude-test-model');
    expect(JSON.stringify(body?.system)).toContain('You are a pipe.\\n\\nMind the gap.');
  });
});
