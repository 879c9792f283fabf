import { expect, onTestFinished, test } from 'vitest';
import { loggerTo } from '../../src/log.ts';
import { Housekeeper } from '../../src/service/housekeeper.ts';
import { type Harness, startHarness } from '../support/harness.ts';

const DAY_MS = 86_400_000;

/** A housekeeper of its own beside the server's, so that the test says when. */
function keeperOf(harness: Harness, steady: () => number): Housekeeper {
  const unused = undefined as never;
  const keeper = new Housekeeper({
    store: harness.store,
    clock: { now: Date.now, monotonic: Date.now, steady },
    sessions: harness.app.service.sessions,
    log: loggerTo({ write: () => {} }, 'silent'),
    sessionTtlMs: 7 * DAY_MS,
    retainMs: 30 * DAY_MS,
    owners: unused,
    recovery: unused,
    scheduler: unused,
    disconnected: unused,
  });
  onTestFinished(() => keeper.close());
  return keeper;
}

test('ends what has been idle for its time, and never what is busy', async () => {
  const harness = await startHarness();
  const client = await harness.connect();
  const { session: idle } = await client.call('create_session');
  const { sessionId: busy } = await harness.busy(client);
  let steady = Date.now() + 7 * DAY_MS - 60_000;
  const keeper = keeperOf(harness, () => steady);
  await keeper.tidy();
  expect((await client.call('get_session', { sessionId: idle.id })).session.status).toBe('ready');
  steady += 120_000;
  await keeper.tidy();
  const { session: ended } = await client.call('get_session', { sessionId: idle.id });
  expect([ended.status, ended.endReason]).toEqual(['terminated', 'idle for too long']);
  expect((await client.call('get_session', { sessionId: busy })).session.status).toBe('busy');
});

test('forgets what ended long ago, and keeps the sums', async () => {
  const harness = await startHarness();
  const client = await harness.connect();
  const { session } = await client.call('create_session');
  await client.call('end_session', { sessionId: session.id });
  let steady = Date.now() + 30 * DAY_MS - 60_000;
  const keeper = keeperOf(harness, () => steady);
  await keeper.tidy();
  expect((await client.call('get_session', { sessionId: session.id })).session.status).toBe(
    'terminated',
  );
  steady += 120_000;
  await keeper.tidy();
  expect(await client.refusal('get_session', { sessionId: session.id })).toMatchObject({
    code: 'SESSION_NOT_FOUND',
  });
  expect(await client.call('get_metrics')).toMatchObject({ totalSessions: 1, activeSessions: 0 });
});
