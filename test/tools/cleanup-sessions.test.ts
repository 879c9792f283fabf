import { describe, expect, test } from 'vitest';
import { overriding, startBusy, startHarness, startWithClient } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';

const HOUR_MS = 3_600_000;

async function statusesOf(client: TestClient): Promise<Record<string, string>> {
  const { sessions } = await client.call('list_sessions', { limit: 200 });
  return Object.fromEntries(sessions.map(({ name, status }) => [name, status]));
}

describe('cleanup_sessions', () => {
  test('ends what has been idle for more than an hour, and says how many', async () => {
    const { harness, client } = await startWithClient();
    const old = await client.call('create_session', { name: 'old' });
    await client.call('create_session', { name: 'older, but used since' });
    harness.pass(HOUR_MS);
    const used = (await client.call('list_sessions')).sessions.find(({ name }) => name !== 'old');
    await client.call('link_task', { sessionId: used?.id, taskId: 't' });
    harness.pass(1000);
    await client.call('create_session', { name: 'new' });
    expect(await client.call('cleanup_sessions')).toEqual({ cleaned: 1 });
    expect(await statusesOf(client)).toEqual({
      old: 'terminated',
      'older, but used since': 'ready',
      new: 'ready',
    });
    expect((await client.shown(old.session.id)).endReason).toMatch(/idle/);
    expect(await client.call('cleanup_sessions')).toEqual({ cleaned: 0 });
  });

  test('takes the age it is given, down to none', async () => {
    const { harness, client } = await startWithClient();
    await client.call('create_session', { name: 'a' });
    harness.pass(100_000);
    expect(await client.call('cleanup_sessions', { maxAgeMs: 200_000 })).toEqual({ cleaned: 0 });
    expect(await client.call('cleanup_sessions', { maxAgeMs: 50_000 })).toEqual({ cleaned: 1 });
    await client.call('create_session', { name: 'b' });
    harness.pass(1000);
    expect(await client.call('cleanup_sessions', { maxAgeMs: 0 })).toEqual({ cleaned: 1 });
  });

  test('never ends a session that is busy, or whose prompt waits for a place', async () => {
    const { harness, client } = await startWithClient({ settings: { maxLive: 1 } });
    await harness.busy(client, { name: 'busy' });
    await client.call('create_session', { name: 'waiting', prompt: 'go' });
    await client.call('create_session', { name: 'idle' });
    harness.pass(2 * HOUR_MS);
    expect(await client.call('cleanup_sessions')).toEqual({ cleaned: 1 });
    expect(await statusesOf(client)).toEqual({
      busy: 'busy',
      waiting: 'ready',
      idle: 'terminated',
    });
  });

  test('stops the warm process of a session that it ends', async () => {
    const { harness, client, run, finish } = await startBusy();
    await finish();
    harness.pass(2 * HOUR_MS);
    expect(await client.call('cleanup_sessions')).toEqual({ cleaned: 1 });
    expect(run.isClosed).toBe(true);
  });

  test('leaves alone a session that is prompted while it is looked for', async () => {
    let found = async (): Promise<void> => {};
    const harness = await startHarness({
      store: (store) =>
        overriding(store, {
          idle: async (query) => {
            const idle = await store.idle(query);
            await found();
            return idle;
          },
        }),
    });
    const client = await harness.connect();
    const { sessionId, run, finish } = await harness.busy(client);
    await finish();
    harness.pass(2 * HOUR_MS);
    found = async () => {
      await client.call('send_prompt', { sessionId, prompt: 'go on' });
      await harness.running(sessionId, 2);
    };
    expect(await client.call('cleanup_sessions')).toEqual({ cleaned: 0 });
    expect([run.isClosed, run.interrupts, run.turnId === undefined]).toEqual([false, 0, false]);
  });

  test('ends those of every client of its principal, and of nobody else', async () => {
    const { harness, client } = await startWithClient();
    const second = await harness.connect();
    const bob = await harness.connect({ principal: 'bob' });
    for (const from of [client, second, bob]) await from.call('create_session', { name: 'x' });
    harness.pass(2 * HOUR_MS);
    expect(await client.call('cleanup_sessions')).toEqual({ cleaned: 2 });
    expect(await statusesOf(bob)).toEqual({ x: 'ready' });
  });

  test('ends more than fit into one page of its work', async () => {
    const { harness, client } = await startWithClient({ settings: { maxSessions: 1000 } });
    const made = Array.from({ length: 450 }, (_, index) =>
      client.call('create_session', { name: `s${index}` }),
    );
    await Promise.all(made);
    harness.pass(2 * HOUR_MS);
    expect(await client.call('cleanup_sessions')).toEqual({ cleaned: 450 });
    expect(await client.call('get_metrics')).toMatchObject({
      totalSessions: 450,
      activeSessions: 0,
    });
  });
});
