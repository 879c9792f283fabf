import { describe, expect, test } from 'vitest';
import { APART, commandLineOf } from '../support/processes.ts';
import type { TestSession } from './claude-world.ts';
import { openWorld } from './open-world.ts';

const world = await openWorld();

const HANGING = [{ hang: 'mid' as const, text: 'half a sentence' }];
const LONG_BASH = [{ tool: 'Bash', input: { command: 'tail -f /dev/null' } }, { text: 'too late' }];
const TREE_BASH = [
  {
    tool: 'Bash',
    input: { command: `${APART} sleep 600 & nohup sleep 600 & tail -f /dev/null` },
  },
];

/** Resolves once the program of the Bash call runs. */
async function shellRuns(session: TestSession): Promise<void> {
  await expect.poll(() => tails(session), { timeout: 20_000 }).toBe(1);
}

async function tails({ processes }: TestSession): Promise<number> {
  const lines = (await processes()).map(commandLineOf);
  return lines.filter((line) => /^\S*tail -f /.test(line)).length;
}

async function answering(session: TestSession): Promise<void> {
  await world.api.waitForRequest(
    ({ headers }) => headers['x-claude-code-session-id'] === session.uuid,
  );
}

describe('an interrupt', () => {
  test('stops an answer that streams, reaches the API, and leaves the process usable', async () => {
    const session = await world.start();
    const turnId = session.prompt(HANGING);
    await answering(session);
    await session.run.interrupt();
    expect(session.heard.ended).toMatchObject([{ turnId, outcome: { state: 'interrupted' } }]);
    await world.api.waitForRequest(
      ({ headers, clientClosedEarly }) =>
        headers['x-claude-code-session-id'] === session.uuid && clientClosedEarly,
    );
    expect(await session.turn([{ text: 'still here' }])).toMatchObject({ result: 'still here' });
    expect(session.heard.exits).toBe(0);
  });

  test('stops a shell and ends it', async () => {
    const session = await world.start();
    const turnId = session.prompt(LONG_BASH);
    await shellRuns(session);
    await session.run.interrupt();
    expect(await session.heard.outcomeOf(turnId)).toMatchObject({ state: 'interrupted' });
    await expect.poll(() => tails(session)).toBe(0);
  });

  test('in the very moment of the prompt is not lost', async () => {
    const session = await world.start();
    const turnId = session.prompt(HANGING);
    await session.run.interrupt();
    expect(await session.heard.outcomeOf(turnId)).toMatchObject({ state: 'interrupted' });
    expect(await session.turn([{ text: 'still here' }])).toMatchObject({ result: 'still here' });
  });

  test('voids a question for permission', async () => {
    const session = await world.start();
    let signal: AbortSignal | undefined;
    session.heard.answer = (_ask, given) => {
      signal = given;
      return new Promise(() => undefined);
    };
    const turnId = session.prompt(LONG_BASH);
    await session.heard.until(() => signal !== undefined);
    await session.run.interrupt();
    expect(signal?.aborted).toBe(true);
    expect(await session.heard.outcomeOf(turnId)).toMatchObject({ state: 'interrupted' });
  });

  test('without a turn, or twice at once, does no harm', async () => {
    const session = await world.start();
    await session.run.interrupt();
    session.prompt(HANGING);
    await answering(session);
    await Promise.all([session.run.interrupt(), session.run.interrupt()]);
    expect(session.heard.ended).toHaveLength(1);
    await session.run.close();
    await session.run.interrupt();
  });
});

describe('a limit on the time of a turn', () => {
  test('fails the turn that takes longer, and only that one', async () => {
    const session = await world.start({ options: { timeout: 1500 } });
    expect(await session.turn([{ text: 'in time' }])).toMatchObject({ state: 'completed' });
    const outcome = await session.turn(HANGING);
    expect(outcome).toMatchObject({
      state: 'failed',
      result: 'half a sentence',
      error: { code: 'LIMIT_EXCEEDED', message: expect.stringContaining('1500 ms') },
    });
    expect(await session.turn([{ text: 'still here' }])).toMatchObject({ state: 'completed' });
  });
});

describe('closing', () => {
  test('ends an idle process by itself, once, however often it is asked', async () => {
    const session = await world.start();
    await Promise.all([session.run.close(), session.run.close()]);
    await session.run.close();
    expect(session.heard.exits).toBe(1);
    expect(session.heard.ended).toEqual([]);
    expect(await session.processes()).toEqual([]);
    expect(() => session.prompt('too late')).toThrow('stopped');
  });

  test('in a tool ends the turn and every process that it started', async () => {
    const session = await world.start();
    const turnId = session.prompt(TREE_BASH);
    await shellRuns(session);
    expect((await session.processes()).length).toBeGreaterThanOrEqual(4);
    await session.run.close();
    expect(await session.processes()).toEqual([]);
    expect(session.heard.ended).toMatchObject([{ turnId, outcome: { state: 'interrupted' } }]);
    expect(session.heard.exits).toBe(1);
  });

  test('keeps the interrupted conversation', async () => {
    const session = await world.start();
    session.prompt(HANGING);
    await answering(session);
    await session.run.close();
    const again = await world.start({ uuid: session.uuid });
    await again.turn([{ text: 'x' }]);
    expect(JSON.stringify(world.api.requests.at(-1)?.body)).toContain('half a sentence');
  });
});
