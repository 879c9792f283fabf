/** Somebody sets the wall clock: nothing is old because of that, and everything grows old in its own time. */

import { describe, expect, test } from 'vitest';
import { type Harness, startHarness } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';
import { DAY_MS, keeperOf } from './keeper.ts';

const HOUR = 3_600_000;
const YEAR = 365 * DAY_MS;
const TTL = 7 * DAY_MS;
const RETAINED = 30 * DAY_MS;

/** By how much the clock is set before each of the sessions is made. */
const JUMPS: readonly (readonly [name: string, jumps: readonly number[]])[] = [
  ['back an hour', [-HOUR]],
  ['back a year', [-YEAR]],
  ['forward an hour', [HOUR]],
  ['forward a year', [YEAR]],
  ['back a year and right again', [-YEAR, YEAR]],
  ['forward a year and right again', [YEAR, -YEAR]],
];

async function statusesOf(harness: Harness, ids: readonly string[]): Promise<readonly string[]> {
  const client = await harness.connect();
  const sessions = ids.map((sessionId) => client.call('get_session', { sessionId }));
  return (await Promise.all(sessions)).map(({ session }) => session.status);
}

async function make(client: TestClient): Promise<string> {
  return (await client.call('create_session')).session.id;
}

describe.each([
  ['while the server runs', false],
  ['with a restart after each', true],
])('the clock is set, %s,', (_how, restarts) => {
  test.each(JUMPS)('%s: sessions end once they were idle for so long', async (_name, jumps) => {
    const harness = await startHarness();
    const ids = [await make(await harness.connect())];
    for (const jump of jumps) {
      harness.jump(jump);
      if (restarts) await harness.reopen();
      ids.push(await make(await harness.connect()));
    }
    const all = (status: string) => ids.map(() => status);
    const client = await harness.connect();
    expect(await client.call('cleanup_sessions', { maxAgeMs: HOUR })).toEqual({ cleaned: 0 });
    harness.pass(TTL - HOUR);
    await keeperOf(harness).tidy();
    expect(await statusesOf(harness, ids)).toEqual(all('ready'));
    harness.pass(2 * HOUR);
    await keeperOf(harness).tidy();
    expect(await statusesOf(harness, ids)).toEqual(all('terminated'));
  });

  test.each(JUMPS)('%s: logs and keys are kept for so long', async (_name, jumps) => {
    const harness = await startHarness();
    const keyed = (key: string) => ({ idempotencyKey: key });
    const made = new Map<string, string>();
    for (const [index, jump] of [0, ...jumps].entries()) {
      harness.jump(jump);
      if (restarts) await harness.reopen();
      const client = await harness.connect();
      const { session } = await client.call('create_session', keyed(`${index}`));
      await client.call('end_session', { sessionId: session.id });
      made.set(`${index}`, session.id);
    }
    harness.pass(RETAINED - HOUR);
    await keeperOf(harness).tidy();
    const client = await harness.connect();
    for (const [key, id] of made) {
      const { session } = await client.call('create_session', keyed(key));
      expect([key, session.id]).toEqual([key, id]);
    }
    harness.pass(2 * HOUR);
    await keeperOf(harness).tidy();
    for (const sessionId of made.values()) {
      expect(await client.refusal('get_session', { sessionId })).toMatchObject({
        code: 'SESSION_NOT_FOUND',
      });
    }
  });
});

test('whoever was served before the clock was set back waits no longer than the others', async () => {
  const harness = await startHarness({ settings: { maxLive: 1 } });
  const [first, other] = [
    await harness.connect({ principal: 'alice' }),
    await harness.connect({ principal: 'bob' }),
  ];
  const early = await harness.busy(first);
  early.run.finish();
  const ended = { sessionIds: [early.sessionId], until: 'turn_end', waitMs: 50_000 };
  await first.call('wait_sessions', ended);
  harness.jump(-YEAR);
  const now = await harness.busy(other);
  const queued = await first.call('send_prompt', { sessionId: early.sessionId, prompt: 'again' });
  await other.call('send_prompt', { sessionId: now.sessionId, prompt: 'me once more' });
  now.run.finish();
  const turnId = queued.turn.id;
  const next = await harness.runner.waitFor((run) => run.turnId !== undefined);
  expect(next.turnId).toBe(turnId);
});
