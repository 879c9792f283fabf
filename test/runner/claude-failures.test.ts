import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Step } from '../support/messages-api.ts';
import { APART } from '../support/processes.ts';
import { World } from './claude-world.ts';
import { openWorld } from './open-world.ts';

const world = await openWorld();

const FAILURES: readonly (readonly [string, Step, string, boolean])[] = [
  ['refuses the request', { status: 400 }, 'INVALID_REQUEST', false],
  ['refuses the credentials', { status: 401 }, 'UNAVAILABLE', false],
  ['does not know the model', { status: 404 }, 'INVALID_REQUEST', false],
  ['limits the rate', { status: 429, headers: { 'retry-after': '1' } }, 'LIMIT_EXCEEDED', true],
  ['fails', { status: 500 }, 'UNAVAILABLE', true],
  ['is overloaded', { status: 529 }, 'UNAVAILABLE', true],
  ['hangs up', { drop: 'start' }, 'UNAVAILABLE', true],
];

test('a turn fails with its cause when the API does, and the session goes on', async () => {
  const session = await world.start();
  for (const [, step, code, retryable] of FAILURES) {
    const outcome = await session.turn([{ message: 'TEXT-FROM-OUTSIDE', ...step }]);
    expect(outcome).toMatchObject({ state: 'failed', error: { code, retryable } });
    expect(JSON.stringify(outcome)).not.toContain('TEXT-FROM-OUTSIDE');
  }
  expect(session.heard.all('text')).toEqual([]);
  expect(await session.turn([{ text: 'well again' }])).toMatchObject({ result: 'well again' });
  expect(session.heard.exits).toBe(0);
});

test('a retry that goes well is worth a notice and no failure', async () => {
  const session = await world.start();
  const outcome = await session.turn([{ status: 529, times: 1, text: 'at last' }]);
  expect(outcome).toMatchObject({ state: 'completed', result: 'at last' });
  expect(session.heard.all('notice')).toMatchObject([
    { text: expect.stringMatching(/^The API answered 529; retry 1 of 1/) },
  ]);
});

test.each<[string, Step]>([
  ['with an error', { sseError: 'overloaded_error', times: 1 }],
  ['with its socket', { drop: 'mid', times: 1 }],
])('an answer that breaks off (%s) and comes again is told once', async (_, step) => {
  const session = await world.start();
  const outcome = await session.turn([{ ...step, text: 'whole' }]);
  expect(outcome).toMatchObject({ state: 'completed', result: 'whole' });
  expect(session.heard.all('text')).toHaveLength(1);
});

test.each(['mid', 'headers'] as const)(
  'a turn whose answer stalls (%s) fails after its bound of silence, and its process goes on',
  async (hang) => {
    const session = await world.start({}, world.runner({ limits: { silenceMs: 1500 } }));
    expect(await session.turn([{ text: 'half', hang }])).toMatchObject({
      state: 'failed',
      error: { code: 'UNAVAILABLE', retryable: true, message: expect.stringContaining('1500 ms') },
    });
    expect(await session.turn([{ text: 'well again' }])).toMatchObject({ result: 'well again' });
    expect(session.heard.exits).toBe(0);
  },
);

test('a turn fails when nothing listens where the API should be', async () => {
  const environment = { ANTHROPIC_BASE_URL: 'http://127.0.0.1:9' };
  const session = await world.start({}, world.runner({ environment }));
  expect(await session.turn([{ text: 'x' }])).toMatchObject({
    state: 'failed',
    error: {
      code: 'UNAVAILABLE',
      retryable: true,
      hint: expect.stringContaining('ANTHROPIC_BASE_URL'),
    },
  });
});

test.each([
  ['nobody is signed in', undefined],
  ['the login has expired', 'sk-ant-oat01-expired'],
])('a turn fails with a hint when %s', async (_, token) => {
  const environment = { ANTHROPIC_API_KEY: undefined, CLAUDE_CODE_OAUTH_TOKEN: token };
  const session = await world.start({}, world.runner({ environment }));
  expect(await session.turn([{ status: 401, message: 'OAuth token has expired' }])).toMatchObject({
    state: 'failed',
    error: { code: 'UNAVAILABLE', retryable: false, hint: expect.stringContaining('/login') },
  });
});

describe('a process that is killed', () => {
  test('in a turn fails the turn, takes its tools along, and the conversation can go on', async () => {
    const session = await world.start();
    await session.turn([{ text: 'kept' }]);
    const turnId = session.prompt([
      { tool: 'Bash', input: { command: `${APART} sleep 600 & wait` } },
    ]);
    await expect
      .poll(async () => (await session.processes()).length, { timeout: 20_000 })
      .toBeGreaterThan(3);
    process.kill(session.run.process.pid, 'SIGKILL');
    expect(await session.heard.outcomeOf(turnId)).toMatchObject({
      state: 'failed',
      error: {
        code: 'UNAVAILABLE',
        message: 'Claude Code stopped unexpectedly (signal SIGKILL)',
        retryable: true,
      },
    });
    await session.heard.until(() => session.heard.exits === 1);
    expect(await session.processes()).toEqual([]);
    expect(() => session.run.steer('too late')).toThrow();
    await session.run.interrupt();
    await session.run.close();
    const again = await world.start({ uuid: session.uuid });
    expect(await again.turn([{ text: 'on' }])).toMatchObject({ state: 'completed' });
    expect(JSON.stringify(world.api.requests.at(-1)?.body)).toContain('kept');
  });

  test('between two turns is told once, with no turn', async () => {
    const session = await world.start();
    await session.turn([{ text: 'x' }]);
    process.kill(session.run.process.pid, 'SIGKILL');
    // Known before all that it leaves is cleared away, so that the next prompt is not given to it.
    let exitsBefore: number;
    do exitsBefore = session.heard.exits;
    while (await session.run.isCurrent());
    expect(exitsBefore).toBe(0);
    await session.heard.until(() => session.heard.exits === 1);
    expect(session.heard.ended).toHaveLength(1);
    await session.run.close();
    expect(session.heard.exits).toBe(1);
  });

  test('right after its first prompt can be started again under the same id', async () => {
    const session = await world.start();
    session.prompt([{ hang: 'headers' }]);
    process.kill(session.run.process.pid, 'SIGKILL');
    await session.heard.until(() => session.heard.exits === 1);
    const again = await world.start({ uuid: session.uuid });
    expect(await again.turn([{ text: 'on' }])).toMatchObject({ result: 'on' });
  });
});

test('a tool that never answers is told in the log, by its name, and the turn can be stopped', async () => {
  const session = await world.start({}, world.runner({ limits: { quietMs: 1000 } }));
  const turnId = session.prompt([{ tool: 'Bash', input: { command: 'tail -f /dev/null' } }]);
  const told = () => session.heard.all('notice').find(({ text }) => text.includes('from Bash'));
  await session.heard.until(() => told() !== undefined);
  expect(told()).toMatchObject({ turnId, text: expect.stringContaining('interrupt_session') });
  await session.run.interrupt();
  expect(await session.heard.outcomeOf(turnId)).toMatchObject({ state: 'interrupted' });
});

test('a directory that vanishes under a session is a failed tool call, not the end of the session', async () => {
  const other = await World.open();
  const session = await other.start();
  await rm(other.cwd, { recursive: true });
  const outcome = await session.turn([
    { tool: 'Bash', input: { command: 'echo x' } },
    { text: 'end' },
  ]);
  expect(outcome).toMatchObject({ state: 'completed', result: 'end' });
  expect(session.heard.all('tool_result')).toMatchObject([{ isError: true }]);
  await session.run.close();
  await expect(other.start({ uuid: session.uuid })).rejects.toThrow(join(other.cwd));
  await other.close();
});

test('a listener that throws hurts nothing but itself', async () => {
  const session = await world.start();
  session.heard.output = () => {
    throw new Error('a defect');
  };
  session.heard.permission = () => {
    throw new Error('a defect');
  };
  const outcome = await session.turn([
    { tool: 'Bash', input: { command: 'touch never' } },
    { text: 'end' },
  ]);
  expect(outcome).toMatchObject({ state: 'completed', result: 'end' });
});
