import { describe, expect, test } from 'vitest';
import { type Harness, startHarness } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';
import { ATTACH, CHANGES, type Ids, READS } from './session-calls.ts';

/** A session of alice's that runs, has a queued prompt, waits for an answer and has a task. */
async function scene(): Promise<{ harness: Harness; alice: TestClient; ids: Ids }> {
  const harness = await startHarness();
  const alice = await harness.connect();
  const { sessionId, run } = await harness.busy(alice, { taskId: 't', labels: { k: 'v' } });
  const { turn } = await alice.call('send_prompt', { sessionId, prompt: 'queued' });
  void run.ask();
  await alice.call('wait_sessions', { sessionIds: [sessionId] });
  const { requests } = await alice.call('list_permission_requests');
  const requestId = requests[0]?.requestId ?? '';
  return { harness, alice, ids: { sessionId, turnId: turn.id, requestId } };
}

/** Everything of the session that a change would change. */
async function stateOf(client: TestClient, { sessionId }: Ids): Promise<unknown> {
  const { sessions } = await client.call('list_sessions');
  const { requests } = await client.call('list_permission_requests', { sessionId });
  const { uptimeMs: _time, ...metrics } = await client.call('get_metrics');
  return { sessions, requests, metrics };
}

describe('another principal', () => {
  test("is not taken for the first one by its MCP session's id", async () => {
    const { harness, alice, ids } = await scene();
    const mallory = await harness.connect({
      principal: 'mallory',
      mcpSessionId: alice.caller.mcpSessionId,
    });
    for (const { tool, args } of [...READS, ...CHANGES, ATTACH]) {
      const { code } = await mallory.refusal(tool, args(ids));
      expect(['SESSION_NOT_FOUND', 'NOT_FOUND']).toContain(code);
    }
    expect(await mallory.call('list_sessions', { scope: 'mine' })).toEqual({ sessions: [] });
  });
});

describe('the same principal over another MCP session', () => {
  test.each(READS)('reads with $title', async ({ tool, args }) => {
    const { harness, ids } = await scene();
    const second = await harness.connect();
    await second.call(tool, args(ids));
  });

  test.each(CHANGES)(
    'may not change it with $title while the first is connected, until it attaches',
    async ({ tool, args }) => {
      const { harness, alice, ids } = await scene();
      const second = await harness.connect();
      const before = await stateOf(alice, ids);
      expect(await second.refusal(tool, args(ids))).toEqual({
        code: 'CONFLICT',
        message: `session ${ids.sessionId} is tied to another MCP session that is still connected`,
        hint: expect.stringContaining('attach_session'),
        retryable: false,
      });
      expect(await stateOf(alice, ids)).toEqual(before);
      await second.call('attach_session', { sessionId: ids.sessionId });
      await second.call(tool, args(ids));
    },
  );

  test.each(CHANGES)(
    'changes it with $title as soon as the first is gone',
    async ({ tool, args }) => {
      const { harness, alice, ids } = await scene();
      const second = await harness.connect();
      await alice.disconnect();
      await second.call(tool, args(ids));
    },
  );

  test('is tied by its first change after the first is gone, and by nothing that only reads', async () => {
    const { harness, alice, ids } = await scene();
    const { sessionId } = ids;
    const [second, third] = [await harness.connect(), await harness.connect()];
    await alice.disconnect();
    for (const { tool, args } of READS) await second.call(tool, args(ids));
    const tiedTo = async () =>
      (await second.call('get_session', { sessionId })).session.mcpSessionId;
    expect(await tiedTo()).toBe(alice.caller.mcpSessionId);
    const linked = await third.call('link_task', { sessionId, taskId: 'u' });
    expect(linked.session.mcpSessionId).toBe(third.caller.mcpSessionId);
    const refusal = await second.refusal('link_task', { sessionId, taskId: 'v' });
    expect(refusal.code).toBe('CONFLICT');
    const { events } = await second.call('read_events', { sessionId, after: 6 });
    expect(events).toMatchObject([
      { type: 'session_tied', mcpSessionId: third.caller.mcpSessionId },
      { type: 'task_linked', taskId: 'u' },
    ]);
  });

  test('finds every session free after a restart of the server', async () => {
    const { harness, ids } = await scene();
    await harness.reopen();
    const client = await harness.connect();
    const { sessionId } = ids;
    const { session } = await client.call('link_task', { sessionId, taskId: 'u' });
    expect(session.mcpSessionId).toBe(client.caller.mcpSessionId);
  });
});

describe('a caller without an MCP session', () => {
  test('acts as its principal on whatever that has, and ties nothing', async () => {
    const { harness, alice, ids } = await scene();
    const anyone = await harness.connect({ mcpSessionId: null });
    for (const { tool, args } of [...READS, ...CHANGES]) {
      if (tool === 'cancel_prompt' || tool === 'end_session') continue;
      await anyone.call(tool, args(ids));
    }
    const { session } = await anyone.call('get_session', { sessionId: ids.sessionId });
    expect(session.mcpSessionId).toBe(alice.caller.mcpSessionId);
    await anyone.call('end_session', { sessionId: ids.sessionId });
    const bob = await harness.connect({ principal: 'bob', mcpSessionId: null });
    const refusal = await bob.refusal('get_session', { sessionId: ids.sessionId });
    expect(refusal.code).toBe('SESSION_NOT_FOUND');
  });

  test('makes sessions that are tied to nothing, and to the first that changes them', async () => {
    const harness = await startHarness();
    const anyone = await harness.connect({ mcpSessionId: null });
    const { session } = await anyone.call('create_session');
    const sessionId = session.id;
    expect(session.mcpSessionId).toBeNull();
    const alice = await harness.connect();
    const linked = await alice.call('link_task', { sessionId, taskId: 't' });
    expect(linked.session.mcpSessionId).toBe(alice.caller.mcpSessionId);
    await anyone.disconnect();
    expect((await alice.call('get_session', { sessionId })).session.status).toBe('ready');
  });
});
