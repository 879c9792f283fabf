import { expect, test } from 'vitest';
import { startHarness } from '../support/harness.ts';
import { DAY_MS, keeperOf } from './keeper.ts';

test('ends what has been idle for its time, and never what is busy', async () => {
  const harness = await startHarness();
  const client = await harness.connect();
  const { session: idle } = await client.call('create_session');
  const { sessionId: busy } = await harness.busy(client);
  const keeper = keeperOf(harness);
  harness.pass(7 * DAY_MS - 60_000);
  await keeper.tidy();
  expect((await client.call('get_session', { sessionId: idle.id })).session.status).toBe('ready');
  harness.pass(120_000);
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
  const keeper = keeperOf(harness);
  harness.pass(30 * DAY_MS - 60_000);
  await keeper.tidy();
  expect((await client.call('get_session', { sessionId: session.id })).session.status).toBe(
    'terminated',
  );
  harness.pass(120_000);
  await keeper.tidy();
  expect(await client.refusal('get_session', { sessionId: session.id })).toMatchObject({
    code: 'SESSION_NOT_FOUND',
  });
  expect(await client.call('get_metrics')).toMatchObject({ totalSessions: 1, activeSessions: 0 });
});

test('deletes the files of a session with its end, and later what ended where nobody could', async () => {
  const harness = await startHarness();
  const client = await harness.connect();
  const [ended, open] = [await harness.busy(client), await harness.busy(client)];
  const { files } = harness.runner;
  await client.call('end_session', { sessionId: ended.sessionId });
  expect([...files]).toEqual([open.run.spec.uuid]);
  const forgotten = '01234567-89ab-cdef';
  files.add(ended.run.spec.uuid.slice(0, 18)).add(forgotten);
  await keeperOf(harness).tidy();
  expect([...files]).toEqual([open.run.spec.uuid]);
});
