import { expect, test } from 'vitest';
import type { Settings } from '../../src/config.ts';
import { SessionError } from '../../src/errors.ts';
import { createOwners } from '../../src/runner/owners.ts';
import { systemClock } from '../../src/service/clock.ts';
import { LocalSessions } from '../../src/service/local-sessions.ts';
import { RollCall } from '../../src/service/roll-call.ts';
import { overriding, startHarness } from '../support/harness.ts';
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

/** A service in whose store the row of one session may be damaged: nothing more can be written to it. */
async function startDamageable(settings: Partial<Settings> = {}) {
  let damaged = '';
  const harness = await startHarness({
    settings,
    store: (store) =>
      overriding(store, {
        append: async (sessionId, ...more) => {
          if (sessionId !== damaged) return await store.append(sessionId, ...more);
          throw new SessionError('UNAVAILABLE', 'the state database has a damaged row');
        },
      }),
  });
  const damage = (sessionId: string) => {
    damaged = sessionId;
  };
  return { harness, damage };
}

test('one session that cannot be ended keeps no other from being ended or forgotten', async () => {
  const { harness, damage } = await startDamageable();
  const client = await harness.connect();
  const { session: old } = await client.call('create_session');
  await client.call('end_session', { sessionId: old.id });
  harness.pass(25 * DAY_MS);
  const { session: broken } = await client.call('create_session');
  const { session: idle } = await client.call('create_session');
  damage(broken.id);
  harness.pass(8 * DAY_MS);
  const { files } = harness.runner;
  files.add(old.id.replace('claude_', '').slice(0, 18));
  await keeperOf(harness).tidy();
  const status = async (sessionId: string) =>
    (await client.call('get_session', { sessionId })).session.status;
  expect(await status(idle.id)).toBe('terminated');
  expect(await status(broken.id)).toBe('ready');
  expect(await client.refusal('get_session', { sessionId: old.id })).toMatchObject({
    code: 'SESSION_NOT_FOUND',
  });
  expect([...files]).toEqual([]);
});

test('cleanup_sessions ends what it can, and then says that it could not end everything', async () => {
  const { harness, damage } = await startDamageable({ maxSessions: 300 });
  const client = await harness.connect();
  const { session: broken } = await client.call('create_session');
  damage(broken.id);
  await Promise.all(Array.from({ length: 250 }, () => client.call('create_session')));
  harness.pass(DAY_MS);
  expect(await client.refusal('cleanup_sessions', { maxAgeMs: 1000 })).toMatchObject({
    message: expect.stringContaining('damaged row'),
  });
  const left = await client.call('list_sessions', { status: 'ready' });
  expect(left.sessions.map(({ id }) => id)).toEqual([broken.id]);
});

test('settles each connection once, and none of them holds up another', async () => {
  const harness = await startHarness();
  const held = Promise.withResolvers<void>();
  const settled: unknown[] = [];
  const left = ['slow', 'other'].map((mcpSessionId) => {
    return { mcpSessionId, principal: 'alice', owner: 'gone' };
  });
  const keeper = keeperOf(harness, {
    recovery: { sweep: async () => 0, giveUpUnconfirmed: async () => {} },
    rollCall: { gone: async () => left },
    local: new LocalSessions(),
    disconnected: ({ mcpSessionId }) => {
      settled.push(mcpSessionId);
      return held.promise;
    },
  });
  const sweeps = [keeper.sweep(), keeper.sweep()];
  await expect.poll(() => settled.length).toBeGreaterThanOrEqual(2);
  sweeps.push(keeper.sweep());
  held.resolve();
  await Promise.all(sweeps);
  expect(settled).toEqual(['slow', 'other']);
  await keeper.sweep();
  expect(settled).toHaveLength(4);
});

test('servers say that they run, and take out those that are gone', async () => {
  const harness = await startHarness();
  const { peers } = harness.store;
  const owners = async () =>
    (await peers.servers()).map(({ owner, transport }) => [owner, transport]);
  await expect.poll(owners).toEqual([[expect.stringContaining(`/${process.pid}/`), 'stdio']]);
  const [[self]] = (await owners()) as [[string, string]];
  const gone = self.replace(`/${process.pid}/`, `/${2 ** 30}/`);
  await peers.joined({ owner: gone, transport: 'http', since: 1 });
  const rollCall = new RollCall({
    store: harness.store,
    owners: createOwners('keeper'),
    clock: systemClock(),
    leaseMs: 1,
  });
  const recovery = { sweep: async () => 0, giveUpUnconfirmed: async () => {} };
  await keeperOf(harness, { rollCall, recovery, local: new LocalSessions() }).sweep();
  expect(await owners()).toEqual([[self, 'stdio']]);
});
