import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { STOP_MS_MAX } from '../../src/process-limits.ts';
import { type Harness, startHarness } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';

const LONG_MS = 50_000;

async function start(): Promise<{ harness: Harness; client: TestClient; watcher: TestClient }> {
  const harness = await startHarness();
  return { harness, client: await harness.connect(), watcher: await harness.connect() };
}

describe('when its MCP session ends, a session', () => {
  test.each([{}, { onDisconnect: 'detach' }])(
    'made with %j goes on with its turn',
    async (args) => {
      const { harness, client, watcher } = await start();
      const { sessionId, run } = await harness.busy(client, args);
      const last = await client.call('create_session', { onDisconnect: 'end' });
      await client.disconnect();
      await watcher.call('read_events', { sessionId: last.session.id, after: 1, waitMs: LONG_MS });
      run.finish({ result: 'done' });
      const { sessions } = await watcher.call('wait_sessions', { sessionIds: [sessionId] });
      expect(sessions[0]).toMatchObject({ status: 'ready', turns: { completed: 1 } });
      expect(run.interrupts).toBe(0);
      const sent = watcher.call('send_prompt', { sessionId, prompt: 'on', waitMs: LONG_MS });
      (await harness.running(sessionId, 2)).finish();
      expect((await sent).turn.state).toBe('completed');
    },
  );

  test('made with onDisconnect interrupt stops its turn and stays usable', async () => {
    const { harness, client, watcher } = await start();
    const { sessionId, turnId, run } = await harness.busy(client, { onDisconnect: 'interrupt' });
    const idle = await client.call('create_session', { onDisconnect: 'interrupt' });
    await client.disconnect();
    const { sessions } = await watcher.call('wait_sessions', { sessionIds: [sessionId] });
    expect(sessions[0]).toMatchObject({ status: 'ready', turns: { completed: 0, failed: 0 } });
    expect(run.interrupts).toBe(1);
    const { events } = await watcher.call('read_events', { sessionId });
    expect(events.at(-1)).toMatchObject({
      type: 'turn_ended',
      turn: { id: turnId, state: 'interrupted' },
    });
    const shown = await watcher.call('get_session', { sessionId: idle.session.id });
    expect(shown.session).toEqual(idle.session);
  });

  test('made with onDisconnect end is ended, with its process', async () => {
    const { harness, client, watcher } = await start();
    const { sessionId, run } = await harness.busy(client, { onDisconnect: 'end' });
    await client.call('send_prompt', { sessionId, prompt: 'queued' });
    await client.disconnect();
    const { session } = await watcher.call('read_events', {
      sessionId,
      after: 7,
      waitMs: LONG_MS,
    });
    expect(session).toMatchObject({
      status: 'terminated',
      endReason: expect.stringContaining('MCP session'),
      turns: { queued: 0, running: 0 },
    });
    expect(run.isClosed).toBe(true);
  });

  test('whose turn cannot be stopped is held no longer against other servers', async () => {
    const harness = await startHarness({ mayLogErrors: true });
    const client = await harness.connect();
    const { run } = await harness.busy(client, { onDisconnect: 'interrupt' });
    const asked = Promise.withResolvers<void>();
    const end = Promise.withResolvers<void>();
    run.interrupt = async () => {
      asked.resolve();
      await end.promise;
    };
    expect(await harness.store.peers.connections()).toHaveLength(1);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    await client.disconnect();
    await asked.promise;
    await vi.advanceTimersByTimeAsync(STOP_MS_MAX);
    vi.useRealTimers();
    await expect.poll(() => harness.store.peers.connections()).toEqual([]);
    end.resolve();
  });

  test('of another MCP session, or attached to one meanwhile, is left alone', async () => {
    const { harness, client, watcher } = await start();
    const args = { onDisconnect: 'end' };
    const away = await harness.busy(client, args);
    await watcher.call('attach_session', { sessionId: away.sessionId });
    const other = await harness.busy(watcher, args);
    const last = await client.call('create_session', args);
    await client.disconnect();
    await watcher.call('read_events', { sessionId: last.session.id, after: 1, waitMs: LONG_MS });
    const { sessions } = await watcher.call('list_sessions', { status: 'busy' });
    expect(sessions.map(({ id }) => id).sort()).toEqual([away.sessionId, other.sessionId].sort());
  });

  test('that has ended before stays as it is', async () => {
    const { client, watcher } = await start();
    const { session } = await client.call('create_session', { onDisconnect: 'end' });
    const ended = await client.call('end_session', { sessionId: session.id, reason: 'mine' });
    const last = await client.call('create_session', { onDisconnect: 'end' });
    await client.disconnect();
    await watcher.call('read_events', { sessionId: last.session.id, after: 1, waitMs: LONG_MS });
    const shown = await watcher.call('get_session', { sessionId: session.id });
    expect(shown.session).toEqual(ended.session);
  });

  test('is settled however many there are', async () => {
    const harness = await startHarness({ settings: { maxSessions: 1000 } });
    const [client, watcher] = [await harness.connect(), await harness.connect()];
    const made = Array.from({ length: 210 }, () =>
      client.call('create_session', { onDisconnect: 'end' }),
    );
    const ids = (await Promise.all(made)).map(({ session }) => session.id);
    await client.disconnect();
    for (const sessionId of ids) {
      await watcher.call('read_events', { sessionId, after: 1, waitMs: LONG_MS });
    }
    expect(await watcher.call('get_metrics')).toMatchObject({
      totalSessions: 210,
      activeSessions: 0,
    });
  });

  test('whose turn is slow to stop neither locks out the next client nor holds up the others', async () => {
    const { harness, client, watcher } = await start();
    const slow = await harness.busy(client, { onDisconnect: 'interrupt' });
    slow.run.onInterrupt = () => {};
    const quick = await harness.busy(client, { onDisconnect: 'interrupt' });
    await client.disconnect();
    await harness.runner.waitFor((run) => run === slow.run && run.interrupts === 1);
    await watcher.call('wait_sessions', { sessionIds: [quick.sessionId], waitMs: LONG_MS });
    const { session } = await watcher.call('link_task', { sessionId: slow.sessionId, taskId: 't' });
    expect(session).toMatchObject({
      status: 'busy',
      mcpSessionId: watcher.caller.mcpSessionId,
    });
    slow.run.finish({ state: 'interrupted' });
    await watcher.call('wait_sessions', { sessionIds: [slow.sessionId], waitMs: LONG_MS });
  });
});
