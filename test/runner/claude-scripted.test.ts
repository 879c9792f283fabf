import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunLimits } from '../../src/runner/run-parts.ts';
import { makeScriptedClaude } from '../support/program.ts';
import type { TestSession } from './claude-world.ts';
import { openWorld } from './open-world.ts';

const world = await openWorld();

/** A runner whose Claude Code is our program. */
async function runnerWith(atStart = '', limits: Partial<RunLimits> = {}) {
  const claudePath = await makeScriptedClaude(world.directory, atStart);
  return world.runner({ claudePath, limits });
}

async function startScripted(limits: Partial<RunLimits> = {}): Promise<TestSession> {
  return await world.start({}, await runnerWith('', limits));
}

describe('what Claude Code writes', () => {
  test.each([
    ['text', 'after text'],
    ['unknown', 'after unknown'],
    ['stderr 32', 'after stderr'],
    ['twice', 'once'],
  ])('does no harm when it is %s', async (prompt, result) => {
    const session = await startScripted();
    expect(await session.turn(prompt)).toMatchObject({ state: 'completed', result });
    expect(await session.turn('again')).toMatchObject({ result: 'ok: again' });
  });

  test.each([
    ['null', 'UNAVAILABLE', true, 'no message of its protocol'],
    ['half', 'UNAVAILABLE', true, 'no message of its protocol'],
    ['cut', 'UNAVAILABLE', true, 'exit code 0'],
    ['line 256', 'LIMIT_EXCEEDED', false, 'STREAM_LINE_BYTES_MAX'],
    ['crash', 'UNAVAILABLE', true, 'exit code 7'],
  ])('fails the turn with its cause when it is %s', async (prompt, code, retryable, words) => {
    const session = await startScripted();
    expect(await session.turn(prompt)).toMatchObject({
      state: 'failed',
      error: { code, retryable, message: expect.stringContaining(words) },
    });
    await session.heard.until(() => session.heard.exits === 1);
    expect(await session.processes()).toEqual([]);
  });

  test('before a crash is not lost', async () => {
    const session = await startScripted();
    expect(await session.turn('crash-after')).toMatchObject({
      state: 'completed',
      result: 'before the crash',
    });
    await session.heard.until(() => session.heard.exits === 1);
    expect(session.heard.ended).toHaveLength(1);
  });

  test('is read no faster than it is kept, and whole', async () => {
    const session = await startScripted();
    let release = () => {};
    let asked = 0;
    const full = new Promise<void>((resolve) => {
      release = resolve;
    });
    session.heard.room = () => {
      asked += 1;
      return full;
    };
    const turnId = session.prompt('flood 8');
    await session.heard.until(() => session.heard.all('text').length > 0);
    expect(asked).toBe(1);
    expect(session.heard.all('text').length).toBeLessThan(8 * 64);
    session.heard.room = () => undefined;
    release();
    await session.heard.outcomeOf(turnId);
    const said = session.heard.all('text').map(({ text }) => text.length);
    expect(said.reduce((sum, length) => sum + length)).toBe(8 * 1024 * 1024);
  });
});

describe('at its start', () => {
  test.each([
    ['crash', 'exit code 7'],
    ['null', 'no message of its protocol'],
    ['line', 'STREAM_LINE_BYTES_MAX'],
    ['deaf', 'not ready within'],
  ])('Claude Code that is %s is an error with its cause', async (fault, words) => {
    const runner = await runnerWith(fault, { startMs: fault === 'deaf' ? 300 : 30_000 });
    await expect(world.start({}, runner)).rejects.toMatchObject({
      code: expect.stringMatching(/^(UNAVAILABLE|LIMIT_EXCEEDED)$/),
      message: expect.stringContaining(words),
    });
  });
});

describe('a process that neither the end of its input nor SIGTERM ends', () => {
  test.each(['interrupt', 'close'] as const)('is gone after %s', async (how) => {
    const session = await startScripted({ interruptMs: 300, closeMs: 300 });
    const turnId = session.prompt('deaf');
    await session.run[how]();
    expect(session.heard.ended).toMatchObject([{ turnId, outcome: { state: 'interrupted' } }]);
    expect(session.heard.exits).toBe(1);
    expect(await session.processes()).toEqual([]);
  });
});

test('a process that says nothing fails its turn, and the cause names the bound', async () => {
  const session = await startScripted({ silenceMs: 300, interruptMs: 300 });
  expect(await session.turn('silent')).toMatchObject({
    state: 'failed',
    error: {
      code: 'UNAVAILABLE',
      retryable: true,
      message: expect.stringContaining('said nothing for 300 ms'),
    },
  });
  await session.heard.until(() => session.heard.exits === 1);
  expect(await session.processes()).toEqual([]);
});

describe('a listener that fails', () => {
  const fail = () => {
    throw new Error('the listener failed');
  };
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  beforeAll(() => {
    process.on('unhandledRejection', note);
  });
  afterAll(() => {
    process.off('unhandledRejection', note);
  });

  test.each([
    ['rejects', () => Promise.reject(new Error('the listener failed'))],
    ['throws', fail],
  ])('when asked for room (it %s) does not stop the reading', async (_how, room) => {
    const session = await startScripted();
    session.heard.room = room;
    expect(await session.turn('again')).toMatchObject({ state: 'completed' });
    await session.run.close();
    expect(unhandled).toEqual([]);
  });

  test('at everything that it hears leaves no process behind', async () => {
    const session = await startScripted();
    for (const name of [
      'output',
      'turnEnded',
      'exited',
      'backgroundTasks',
      'modeReached',
    ] as const) {
      session.heard[name] = fail;
    }
    session.prompt('crash-after');
    await expect.poll(() => session.processes(), { timeout: 20_000 }).toEqual([]);
    await session.run.close();
    expect(unhandled).toEqual([]);
  });

  test('when it hears what was left running does not stop the close', async () => {
    const session = await startScripted();
    session.heard.output = fail;
    session.prompt('leave');
    await session.heard.until(() => session.heard.ended.length === 1);
    await session.run.close();
    expect(await session.processes()).toEqual([]);
    expect(unhandled).toEqual([]);
  });
});
