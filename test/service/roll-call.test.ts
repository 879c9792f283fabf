import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { LEASE_TIMES, ROLL_CALL_MS } from '../../src/process-limits.ts';
import type { OwnerState } from '../../src/runner/owners.ts';
import { RollCall } from '../../src/service/roll-call.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import type { Store } from '../../src/store/store.ts';
import { startHarness } from '../support/harness.ts';

const { leaseMs } = LEASE_TIMES;

let store: Store;
let now: number;
const states = new Map<string, OwnerState>();

beforeEach(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'roll-call-'));
  store = await openSqliteStore({ directory });
  now = 1000;
  states.clear();
  onTestFinished(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });
});

/** One look of a server; returns the MCP sessions that it takes for gone. */
function server(self: string): () => Promise<readonly string[]> {
  const clock = { now: () => now, monotonic: () => now };
  const stateOf = (owner: string) => (owner === self ? 'self' : (states.get(owner) ?? 'unknown'));
  const owners = { self, stateOf, isOfSameClient: () => false };
  const rollCall = new RollCall({ store, clock, leaseMs, owners });
  return async () => {
    const gone = await rollCall.gone(await store.peers.connections());
    return gone.map(({ mcpSessionId }) => mcpSessionId);
  };
}

const connect = (mcpSessionId: string, owner: string) =>
  store.peers.connect({ mcpSessionId, owner, principal: 'p' });

test('a server that cannot be seen and does not answer for a whole lease is gone', async () => {
  const look = server('me');
  await connect('old', 'before the reboot');
  await connect('mine', 'me');
  expect(await look()).toEqual([]);
  now += leaseMs - 1;
  expect(await look()).toEqual([]);
  now += 1;
  expect(await look()).toEqual(['old']);
  await store.peers.disconnect('old');
  expect(await look()).toEqual([]);
  expect(await store.peers.connections()).toMatchObject([{ mcpSessionId: 'mine' }]);
});

test('a server that cannot be seen and answers keeps what it has, however often it is asked', async () => {
  const [look, other] = [server('me'), server('other')];
  await connect('theirs', 'other');
  await connect('mine', 'me');
  for (let asked = 0; asked < 3; asked += 1) {
    expect(await look()).toEqual([]);
    expect(await store.peers.connections()).toContainEqual(
      expect.objectContaining({ mcpSessionId: '?other', owner: 'me' }),
    );
    expect(await other()).toEqual([]);
    now += leaseMs;
    expect(await look()).toEqual([]);
    now += ROLL_CALL_MS;
  }
});

test('a question of somebody who is gone is put again, and one that two put counts for the last', async () => {
  const [look, other] = [server('me'), server('other')];
  await connect('theirs', 'third');
  expect(await look()).toEqual([]);
  now += leaseMs - 1;
  expect(await other()).toEqual([]);
  now += 1;
  // The other one has asked a moment ago.
  expect(await look()).toEqual([]);
  states.set('other', 'gone');
  now += ROLL_CALL_MS;
  expect(await look()).toEqual([]);
  now += leaseMs;
  expect(await look()).toEqual(['theirs']);
});

test('what can be seen is not asked', async () => {
  const look = server('me');
  for (const state of ['alive', 'stopped', 'gone'] as const) {
    states.set(state, state);
    await connect(`of ${state}`, state);
  }
  expect(await look()).toEqual(['of gone']);
  expect((await store.peers.connections()).map(({ owner }) => owner)).not.toContain('me');
});

test('what a session is to do without its client is done once a server of an earlier boot has not answered', async () => {
  const harness = await startHarness();
  const client = await harness.connect();
  const { session } = await client.call('create_session', { onDisconnect: 'end' });
  const mcpSessionId = session.mcpSessionId ?? '';
  const owner = 'id/1/another boot/0/0';
  await harness.store.peers.connect({ mcpSessionId, principal: client.caller.principal, owner });
  const asked = () => harness.store.peers.connections(`?${owner}`);
  await expect.poll(asked, { timeout: 5000 }).toHaveLength(1);
  expect((await client.call('get_session', { sessionId: session.id })).session.status).toBe(
    'ready',
  );
  harness.pass(leaseMs);
  const status = async () =>
    (await client.call('get_session', { sessionId: session.id })).session.status;
  await expect.poll(status, { timeout: 5000 }).toBe('terminated');
});
