import { describe, expect, test } from 'vitest';
import { SessionError } from '../../src/errors.ts';
import type { LeaseTimes } from '../../src/process-limits.ts';
import { type Harness, type HarnessOptions, overriding, startHarness } from '../support/harness.ts';

const TIMES: LeaseTimes = { leaseMs: 60_000, renewMs: 200, selfFenceMs: 20_000 };
const FENCED_MS = TIMES.selfFenceMs + 1_000;
/** For what the store does not tell of. */
const POLL = { timeout: 30_000, interval: 5 };

/** A turn that runs under a lease that is renewed all the time. */
async function start(options: HarnessOptions = {}) {
  const harness = await startHarness({ leaseTimes: TIMES, ...options });
  const client = await harness.connect();
  return { harness, client, ...(await harness.busy(client)) };
}

async function logOf(harness: Harness, sessionId: string): Promise<unknown> {
  const { store } = harness;
  return [await store.session('alice', sessionId), await store.events(sessionId, 0, 500)];
}

async function gone(harness: Harness): Promise<void> {
  await harness.runner.waitFor((run) => run.isClosed);
}

describe('a lease', () => {
  test('is renewed while its process lives', async () => {
    const { harness, sessionId } = await start();
    const [before] = await harness.store.leases(sessionId);
    harness.pass(1000);
    await expect
      .poll(async () => (await harness.store.leases(sessionId))[0]?.until, POLL)
      .toBeGreaterThan((before?.until ?? 0) + 900);
  });

  test('that another server has taken: the process is stopped, and nothing more of it is written', async () => {
    const { harness, client, sessionId, run } = await start();
    run.say('heard');
    await client.call('read_events', { sessionId, after: 3, waitMs: 50_000 });
    const [lease] = await harness.store.leases(sessionId);
    if (lease === undefined) throw new Error('no lease');
    const before = await logOf(harness, sessionId);
    run.say('said before the loss is known');
    const taken = await harness.store.takeOver(lease.fence, 'another');
    await gone(harness);
    expect(await logOf(harness, sessionId)).toEqual(before);
    expect((await harness.store.leases(sessionId))[0]).toMatchObject({ fence: taken });
    expect(harness.logged.some(({ msg }) => msg.startsWith('lease lost'))).toBe(true);
  });

  test('that is lost stops its own session and no other', async () => {
    const { harness, client, sessionId, run } = await start();
    const other = await harness.busy(client);
    const [lease] = await harness.store.leases(sessionId);
    if (lease === undefined) throw new Error('no lease');
    await harness.store.takeOver(lease.fence, 'another');
    await gone(harness);
    expect([run.isClosed, other.run.isClosed]).toEqual([true, false]);
    other.run.finish();
    const { sessions } = await client.call('wait_sessions', { sessionIds: [other.sessionId] });
    expect(sessions[0]?.turns.completed).toBe(1);
  });

  test('is given back when the process of its session goes', async () => {
    const { harness, client, sessionId, run } = await start();
    run.finish();
    await client.call('wait_sessions', { sessionIds: [sessionId] });
    expect((await harness.store.leases(sessionId))[0]).toBeDefined();
    run.exit();
    await expect.poll(() => harness.store.leases(sessionId), POLL).toEqual([]);
  });
});

describe('leases that cannot be renewed', () => {
  /** A store whose renewals fail, or never answer, once told. */
  function renewals(): { how: 'work' | 'fail' | 'hang'; options: HarnessOptions } {
    const switched: { how: 'work' | 'fail' | 'hang'; options: HarnessOptions } = {
      how: 'work',
      options: {
        mayLogErrors: true,
        store: (store) =>
          overriding(store, {
            renew: async (...args) => {
              if (switched.how === 'hang') return new Promise(() => {});
              if (switched.how === 'fail') throw new SessionError('UNAVAILABLE', 'disk full');
              return store.renew(...args);
            },
          }),
      },
    };
    return switched;
  }

  test.each(['fail', 'hang'] as const)(
    'for too long, because they %s: every process is stopped',
    async (how) => {
      const store = renewals();
      const { harness, client, run } = await start(store.options);
      const other = await harness.busy(client);
      store.how = how;
      harness.pass(FENCED_MS);
      await harness.runner.waitFor((one) => one === run && one.isClosed);
      await harness.runner.waitFor((one) => one === other.run && one.isClosed);
    },
  );

  test('for a moment do no harm', async () => {
    const store = renewals();
    const { harness, client, sessionId, run } = await start(store.options);
    store.how = 'fail';
    const refused = () =>
      harness.logged.filter(({ msg }) => msg === 'failed to renew leases').length;
    await expect.poll(refused, POLL).toBeGreaterThan(0);
    store.how = 'work';
    const [before] = await harness.store.leases(sessionId);
    await expect
      .poll(async () => (await harness.store.leases(sessionId))[0]?.until, POLL)
      .toBeGreaterThan(before?.until ?? 0);
    run.finish();
    const { sessions } = await client.call('wait_sessions', { sessionIds: [sessionId] });
    expect(sessions[0]?.turns.completed).toBe(1);
  });

  test('because the whole server was stopped are renewed first when it goes on', async () => {
    const leaseTimes = { ...TIMES, renewMs: 2_000 };
    const { harness, client, sessionId, run } = await start({ leaseTimes });
    harness.pass(FENCED_MS);
    const [before] = await harness.store.leases(sessionId);
    await expect
      .poll(async () => (await harness.store.leases(sessionId))[0]?.until, POLL)
      .toBeGreaterThan(before?.until ?? 0);
    run.finish();
    const { sessions } = await client.call('wait_sessions', { sessionIds: [sessionId] });
    expect(sessions[0]?.turns.completed).toBe(1);
    expect(run.isClosed).toBe(false);
  });
});
