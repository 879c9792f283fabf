/** Outputs that fit a schema, with the real Claude Code. */

import { expect, test } from 'vitest';
import type { OutputSchema } from '../../src/session/event.ts';
import { openWorld } from './open-world.ts';

const KEY = 'sk-ant-api03-0123456789abcdef';

const world = await openWorld();

const NUMBER: OutputSchema = {
  type: 'object',
  properties: { n: { type: 'number' } },
  required: ['n'],
  additionalProperties: false,
};

const output = (input: Record<string, unknown>) => ({ tool: 'StructuredOutput', input });
const failed = (code: string, message: string) => ({
  state: 'failed',
  error: { code, message: expect.stringContaining(message) },
});

test('every turn of a process has an output of its own, without a question', async () => {
  const { heard, turn, uuid } = await world.start({ outputSchema: NUMBER });
  expect(await turn([output({ n: 1 })])).toMatchObject({ state: 'completed', output: { n: 1 } });
  const second = await turn([{ text: 'Let me see.', ...output({ n: 2 }) }]);
  expect(second).toMatchObject({ state: 'completed', output: { n: 2 } });
  expect(heard.asked).toEqual([]);
  const { body } = await world.api.waitForRequest(
    ({ headers }) => headers['x-claude-code-session-id'] === uuid,
  );
  expect(body?.tools).toContainEqual(
    expect.objectContaining({
      name: 'StructuredOutput',
      input_schema: expect.objectContaining({ properties: { n: { type: 'number' } } }),
    }),
  );
});

test('an output that does not fit is asked for again, and the one that fits counts', async () => {
  const { heard, turn } = await world.start({ outputSchema: NUMBER });
  const outcome = await turn([
    output({ n: 'one' }),
    output({ n: 1, more: true }),
    output({ n: 1 }),
  ]);
  expect(outcome).toMatchObject({ state: 'completed', output: { n: 1 } });
  expect(heard.all('tool_result').map(({ isError }) => isError)).toEqual([true, true, false]);
});

test('a turn without an output has failed, and the process takes the next prompt', async () => {
  const { turn } = await world.start({ outputSchema: NUMBER });
  const outcome = await turn([{ text: 'No.' }, { text: 'Never.' }, { text: 'Still no.' }]);
  expect(outcome).toMatchObject(failed('UNAVAILABLE', 'without an output that fits the schema'));
  expect(outcome.error?.retryable).toBe(true);
  expect(outcome).not.toHaveProperty('output');
  expect(await turn([output({ n: 1 })])).toMatchObject({ state: 'completed', output: { n: 1 } });
});

test('a turn whose output never fits has failed, and says so', async () => {
  const { turn } = await world.start({ outputSchema: NUMBER });
  const outcome = await turn(Array.from({ length: 20 }, () => output({ n: 'one' })));
  expect(outcome).toMatchObject(failed('UNAVAILABLE', 'however often it was asked again'));
  expect(outcome.error?.retryable).toBe(true);
});

test.each(['plan', 'dontAsk'] as const)('in mode %s there is an output too', async (mode) => {
  const { heard, turn } = await world.start({
    outputSchema: NUMBER,
    options: { permissionMode: mode },
  });
  expect(await turn([output({ n: 1 })])).toMatchObject({ state: 'completed', output: { n: 1 } });
  expect(heard.asked).toEqual([]);
});

test('a turn that is interrupted stays interrupted', async () => {
  const { heard, prompt, run } = await world.start({ outputSchema: NUMBER });
  const turnId = prompt([{ text: 'slow', hang: 'mid' }]);
  await heard.until(() => heard.written.length > 0);
  await run.interrupt();
  expect(await heard.outcomeOf(turnId)).toMatchObject({ state: 'interrupted' });
});

test('a turn that no prompt started needs no output', async () => {
  const { heard, turn } = await world.start({
    outputSchema: NUMBER,
    options: { allowedTools: ['Bash'] },
  });
  const command = { command: 'sleep 0.3; echo x', run_in_background: true };
  await turn([{ tool: 'Bash', input: command }, output({ n: 1 })]);
  await heard.until(() => heard.ended.length === 2);
  const [, woken] = heard.ended;
  expect(heard.started).toEqual([woken?.turnId]);
  expect(woken?.outcome.state).toBe('completed');
  expect(woken?.outcome).not.toHaveProperty('output');
});

test('an output leaves the runner without the key, if it still fits then', async () => {
  const text = { type: 'object', properties: { a: { type: 'string', maxLength: 30 } } };
  const exact = { type: 'object', properties: { a: { type: 'string', pattern: '^sk-' } } };
  const runner = world.runner({ environment: { ANTHROPIC_API_KEY: KEY } });
  const fits = await world.start({ outputSchema: text }, runner);
  expect(await fits.turn([output({ a: KEY })])).toMatchObject({ output: { a: '[redacted]' } });
  const not = await world.start({ outputSchema: exact }, runner);
  const outcome = await not.turn([output({ a: KEY })]);
  expect(outcome).toMatchObject(failed('UNAVAILABLE', 'held a credential'));
  expect(JSON.stringify([outcome, not.heard.outputs])).not.toContain(KEY);
});

test('an output is not cut: one that is too large fails the turn by the name of the limit', async () => {
  const { turn } = await world.start({ outputSchema: { type: 'object' } });
  const outcome = await turn([output({ a: 'x'.repeat(300_000) })]);
  expect(outcome).toMatchObject(failed('LIMIT_EXCEEDED', 'TURN_OUTPUT_BYTES_MAX'));
});

test('a check of the output that takes for ever is stopped, and fails its turn', async () => {
  // Claude Code gives each of these up after a while, and goes on with the next.
  const slow = { not: { pattern: '^(a+)+$' } };
  const outputSchema = { type: 'object', properties: { a: { type: 'array', items: slow } } };
  const runner = world.runner({ limits: { outputMs: 500, interruptMs: 500 } });
  const { turn } = await world.start({ outputSchema }, runner);
  const outcome = await turn([output({ a: Array(2000).fill(`${'a'.repeat(60)}!`) })]);
  expect(outcome).toMatchObject(failed('LIMIT_EXCEEDED', 'STRUCTURED_OUTPUT_MS_MAX'));
  // Whether the process still takes the interrupt, or has to be killed, depends on how fast the machine is.
});
