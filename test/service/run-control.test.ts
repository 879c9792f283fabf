import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loggerTo } from '../../src/log.ts';
import type { OwnerState } from '../../src/runner/owners.ts';
import { LocalSessions } from '../../src/service/local-sessions.ts';
import { Recovery } from '../../src/service/recovery.ts';
import { RunControl } from '../../src/service/run-control.ts';
import { Waiters } from '../../src/service/waiters.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import type { Store } from '../../src/store/store.ts';
import { claimed, createIn } from '../store/fixtures.ts';
import { overriding } from '../support/harness.ts';

const PROCESS = { pid: 4711, startTime: 's', bootId: 'b', marker: 'm' };
const STATES: Readonly<Record<string, OwnerState>> = { held: 'stopped' };

/** What two servers on one store do about a third that somebody holds. */
function server(store: Store, self: string, killTree: () => Promise<boolean>) {
  const log = loggerTo({ write: () => {} }, 'silent');
  const owners = {
    self,
    stateOf: (owner: string) => STATES[owner] ?? (owner === self ? 'self' : 'alive'),
    isOfSameClient: () => false,
  };
  const clock = { now: Date.now, monotonic: Date.now };
  const jumps = { trustsLapse: () => true } as never;
  const local = new LocalSessions();
  const recovery = new Recovery({
    ...{ store, clock, owners, jumps, log, killTree },
    local,
    unfinished: { remove: () => {} },
  });
  const waiters = new Waiters(store);
  const runs = new RunControl({
    ...{ store, recovery, waiters, owners, log, local },
    newId: () => `order-of-${self}`,
  });
  return { recovery, runs };
}

test('an interrupt is answered once the turn has stopped, also where another server was faster to take it', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'runs-'));
  const store = await openSqliteStore({ directory });
  onTestFinished(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });
  const sessionId = await createIn(store, { prompts: ['t'] });
  const { fence } = await claimed(store, 'held');
  await store.note(fence, { process: PROCESS });
  await store.note(fence, { promptedTurn: 't' });
  const [lease] = await store.leases(sessionId);
  if (lease === undefined) throw new Error('nobody holds the session');
  const killing = Promise.withResolvers<boolean>();
  const faster = server(store, 'faster', () => killing.promise);
  const missed = Promise.withResolvers<unknown>();
  // Both have found that it is held; the other one comes first.
  const late = overriding(store, {
    takeOver: async (...args) => {
      void faster.recovery.take(lease, { kind: 'unheeded' });
      await expect.poll(async () => (await store.leases(sessionId))[0]?.fence.owner).toBe('faster');
      const taken = await store.takeOver(...args);
      missed.resolve(taken);
      return taken;
    },
  });
  const slower = server(late, 'slower', async () => true);
  const stateWhenAnswered = slower.runs
    .interrupt(sessionId)
    .then(async () => (await store.turn(sessionId, 't'))?.state);
  expect(await missed.promise).toBeUndefined();
  // Until its process is dead, the turn runs.
  expect((await store.turn(sessionId, 't'))?.state).toBe('running');
  await expect.poll(() => store.peers.orders('faster')).toHaveLength(1);
  killing.resolve(true);
  expect(await stateWhenAnswered).toBe('lost');
});
