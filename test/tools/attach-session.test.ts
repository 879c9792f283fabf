import { describe, expect, test } from 'vitest';
import { startHarness, startWithClient } from '../support/harness.ts';

describe('attach_session', () => {
  test('ties the session to the caller, who may change it from then on, and the first may not', async () => {
    const harness = await startHarness();
    const [first, second] = [await harness.connect(), await harness.connect()];
    const { session } = await first.call('create_session');
    const sessionId = session.id;
    const attached = await second.call('attach_session', { sessionId });
    expect(attached.session).toEqual({
      ...session,
      mcpSessionId: second.caller.mcpSessionId,
      lastActivity: expect.any(String),
      lastSeq: 2,
    });
    const { events } = await first.call('read_events', { sessionId, after: 1 });
    expect(events).toMatchObject([
      { type: 'session_tied', mcpSessionId: second.caller.mcpSessionId },
    ]);
    await second.call('link_task', { sessionId, taskId: 't' });
    const refusal = await first.refusal('link_task', { sessionId, taskId: 'u' });
    expect(refusal.code).toBe('CONFLICT');
    await first.call('attach_session', { sessionId });
    await first.call('link_task', { sessionId, taskId: 'u' });
  });

  test('changes nothing for a session that is tied to the caller already', async () => {
    const { client } = await startWithClient();
    const made = await client.call('create_session');
    const attached = await client.call('attach_session', { sessionId: made.session.id });
    expect(attached).toEqual({ session: made.session });
  });

  test('moves what "mine" counts from one MCP session to the other', async () => {
    const harness = await startHarness();
    const [first, second] = [await harness.connect(), await harness.connect()];
    const sessionId = await first.create();
    await second.call('attach_session', { sessionId });
    for (const [client, count] of [
      [first, 0],
      [second, 1],
    ] as const) {
      const { sessions } = await client.call('list_sessions', { scope: 'mine' });
      expect(sessions).toHaveLength(count);
      expect(await client.call('get_metrics', { scope: 'mine' })).toHaveProperty(
        'totalSessions',
        count,
      );
    }
  });

  test('does not disturb a turn that runs', async () => {
    const harness = await startHarness();
    const [first, second] = [await harness.connect(), await harness.connect()];
    const { sessionId, run } = await harness.busy(first);
    const { session } = await second.call('attach_session', { sessionId });
    expect(session.status).toBe('busy');
    run.finish();
    const { sessions } = await second.call('wait_sessions', { sessionIds: [sessionId] });
    expect(sessions[0]?.turns.completed).toBe(1);
  });
});
