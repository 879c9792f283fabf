import { describe, expect, test } from 'vitest';
import { SILENT_MS_MIN } from '../../src/limits.ts';
import { startBusy, startWithClient } from '../support/harness.ts';

describe('get_session', () => {
  test('shows a session as create_session did, and as it has become', async () => {
    const { harness, client } = await startWithClient();
    const made = await client.call('create_session', { name: 'docs', model: 'opus' });
    const sessionId = made.session.id;
    expect(await client.call('get_session', { sessionId })).toEqual({ session: made.session });
    await client.call('send_prompt', { sessionId, prompt: 'go' });
    const run = await harness.running(sessionId);
    expect((await client.call('get_session', { sessionId })).session).toMatchObject({
      status: 'busy',
      turns: { queued: 0, running: 1, completed: 0, failed: 0 },
    });
    const cache = { cacheReadTokens: 3, cacheWriteTokens: 2 };
    const usage = { inputTokens: 7, outputTokens: 5, costUsd: 0.25, ...cache };
    run.finish({ usage });
    await client.call('wait_sessions', { sessionIds: [sessionId] });
    expect((await client.call('get_session', { sessionId })).session).toMatchObject({
      status: 'ready',
      turns: { queued: 0, running: 0, completed: 1, failed: 0 },
      usage,
    });
  });

  test('says since when a running turn has said nothing, unless it waits for a person', async () => {
    const { harness, client, sessionId, run, finish } = await startBusy();
    const shown = async () => (await client.call('get_session', { sessionId })).session;
    harness.pass(SILENT_MS_MIN - 5_000);
    expect((await shown()).silentSince).toBeUndefined();
    harness.pass(5_000);
    const silent = await shown();
    expect(silent.silentSince).toBe(silent.lastActivity);
    expect((await client.call('list_sessions')).sessions).toEqual([silent]);
    run.say('there I am');
    await expect.poll(async () => (await shown()).silentSince).toBeUndefined();
    void run.ask();
    await expect.poll(async () => (await shown()).pendingPermissions).toBe(1);
    harness.pass(SILENT_MS_MIN);
    expect((await shown()).silentSince).toBeUndefined();
    await finish();
    harness.pass(SILENT_MS_MIN);
    expect((await shown()).silentSince).toBeUndefined();
  });

  test('shows an ended session with its end, for as long as it is kept', async () => {
    const { harness, client } = await startWithClient();
    const { session } = await client.call('create_session');
    harness.pass(60_000);
    await client.call('end_session', { sessionId: session.id, reason: 'done' });
    await harness.reopen();
    const later = await harness.connect();
    const shown = await later.call('get_session', { sessionId: session.id });
    expect(shown.session).toMatchObject({
      id: session.id,
      status: 'terminated',
      endReason: 'done',
      createdAt: session.createdAt,
      lastSeq: 2,
    });
    const lived = Date.parse(shown.session.endedAt ?? '') - Date.parse(session.createdAt);
    expect(lived).toBeGreaterThanOrEqual(60_000);
  });

  test('says what a session may do and spend, and what was allowed for all of it', async () => {
    const { harness, client } = await startWithClient();
    const rules = {
      allowedTools: ['Read'],
      maxTurns: 9,
      maxBudgetUsd: 2,
      timeout: 60_000,
      onDisconnect: 'end',
    };
    const { session } = await client.call('create_session', {
      ...rules,
      name: 'shop',
      prompt: 'go',
    });
    expect(await client.call('get_session', { sessionId: session.id })).toMatchObject({ rules });
    const run = await harness.running(session.id);
    const rule = { kind: 'tool', tool: 'mcp__db__query' } as const;
    void run.ask({ toolName: rule.tool, memory: { as: 'mcp__db__query', rule } });
    await client.call('wait_sessions', { sessionIds: [session.id] });
    const { requests } = await client.call('list_permission_requests', {});
    const [request] = requests;
    const answer = { requestId: request?.requestId, decision: 'allow', remember: 'session' };
    await client.call('answer_permission_request', answer);
    const shown = await client.call('get_session', { sessionId: session.id });
    expect(shown).toMatchObject({ rules: { ...rules, remembered: ['mcp__db__query'] } });
    expect(await client.call('get_session', { sessionId: 'shop' })).toEqual(shown);
    const { sessions } = await client.call('list_sessions', {});
    expect(sessions[0]).not.toHaveProperty('rules');
  });

  test('says why a session cannot be run', async () => {
    const { harness, client } = await startWithClient();
    harness.runner.failNextStart();
    const { session } = await client.call('create_session', { prompt: 'go' });
    await client.call('wait_sessions', { sessionIds: [session.id] });
    const failed = await client.call('get_session', { sessionId: session.id });
    expect(failed.session).toMatchObject({
      status: 'error',
      turns: { running: 0, failed: 1 },
      error: { code: 'UNAVAILABLE', message: 'scripted: Claude Code cannot be run' },
    });
  });
});
