import { describe, expect, test } from 'vitest';
import { startBusy, startWithClient } from '../support/harness.ts';

const CHANGES = {
  name: 'renamed',
  labels: { team: 'y' },
  model: 'opus',
  effort: 'high',
  permissionMode: 'acceptEdits',
  allowedTools: ['Read'],
  disallowedTools: ['WebFetch'],
  maxBudgetUsd: 2.5,
  timeout: 60_000,
  onDisconnect: 'interrupt',
} as const;

const RULES = {
  allowedTools: ['Read'],
  disallowedTools: ['WebFetch'],
  maxBudgetUsd: 2.5,
  timeout: 60_000,
  onDisconnect: 'interrupt',
};

const SHOWN = {
  name: 'renamed',
  labels: { team: 'y' },
  model: 'opus',
  effort: 'high',
  permissionMode: 'acceptEdits',
};

describe('update_session', () => {
  test('changes what is given, for every later look, a restart, a fork and the next process', async () => {
    const { harness, client } = await startWithClient();
    const sessionId = await client.create({ name: 'first', labels: { team: 'x', tier: '1' } });
    const { session, rules } = await client.call('update_session', { sessionId, ...CHANGES });
    expect(session).toMatchObject(SHOWN);
    expect(rules).toEqual(RULES);
    expect(session.labels).toEqual(CHANGES.labels);
    const { events } = await client.call('read_events', { sessionId, after: 1 });
    expect(events).toMatchObject([{ type: 'session_updated', changes: CHANGES }]);
    expect(Object.keys(events[0]?.changes ?? {}).sort()).toEqual(Object.keys(CHANGES).sort());
    await harness.reopen();
    const later = await harness.connect();
    const looked = await later.call('get_session', { sessionId: 'renamed' });
    expect(looked).toMatchObject({ session: SHOWN, rules: RULES });
    const found = await later.call('list_sessions', { label: 'team=y' });
    expect(found.sessions.map(({ id }) => id)).toEqual([sessionId]);
    expect((await later.call('list_sessions', { label: 'tier=1' })).sessions).toEqual([]);
    const fork = await later.call('fork_session', { sessionId });
    const { name: _own, ...inherited } = SHOWN;
    expect(fork.session).toMatchObject(inherited);
    await later.call('send_prompt', { sessionId, prompt: 'go' });
    const { spec } = await harness.running(sessionId);
    const { name: _name, labels: _labels, ...options } = CHANGES;
    expect(spec.options).toMatchObject(options);
  });

  test('writes nothing if everything is so already', async () => {
    const { client } = await startWithClient();
    const sessionId = await client.create();
    const changed = await client.call('update_session', { sessionId, ...CHANGES });
    expect(await client.call('update_session', { sessionId, ...CHANGES })).toEqual(changed);
    const { session } = changed;
    const more = { sessionId, model: 'opus', name: 'other', timeout: null };
    await client.call('update_session', more);
    const { events } = await client.call('read_events', { sessionId, after: session.lastSeq });
    expect(events).toMatchObject([{ changes: { name: 'other' } }]);
    expect(events[0]?.changes).toEqual({ name: 'other' });
  });

  test.each([
    [{}, 'nothing to change'],
    [{ model: null, name: '' }, 'nothing to change'],
    [{ permissionMode: 'bypassPermissions' }, 'bypassPermissions'],
    [{ permissionMode: 'auto' }, 'permissionMode'],
    [{ effort: 'huge' }, 'effort'],
    [{ timeout: 30 }, 'milliseconds'],
    [{ maxBudgetUsd: 0 }, 'maxBudgetUsd'],
    [{ maxTurns: 3 }, 'maxTurns'],
    [{ labels: ['a'] }, 'labels'],
    [{ allowedTools: ['Read, Bash'] }, 'allowedTools'],
  ])('refuses %j, and changes nothing', async (args, word) => {
    const { client } = await startWithClient();
    const { session } = await client.call('create_session');
    const call = { sessionId: session.id, ...args };
    const refusal = await client.refusal('update_session', call);
    expect(refusal).toMatchObject({ code: 'INVALID_REQUEST' });
    expect(`${refusal.message} ${refusal.hint}`).toContain(word);
    expect((await client.call('get_session', { sessionId: session.id })).session).toEqual(session);
  });

  test('refuses rules that are together longer than an argument of Claude Code may be', async () => {
    const { client } = await startWithClient();
    const sessionId = await client.create();
    const rules = (char: string) => Array(200).fill(`Read(/${char.repeat(493)})`);
    const refusal = await client.refusal('update_session', {
      sessionId,
      disallowedTools: rules('日'),
    });
    expect(refusal).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('TOOL_RULES_BYTES_MAX'),
    });
    await client.call('update_session', { sessionId, disallowedTools: rules('a') });
  });

  test('takes bypassPermissions if the operator allows it', async () => {
    const settings = { allowBypassPermissions: true };
    const { client } = await startWithClient({ settings });
    const sessionId = await client.create();
    const args = { sessionId, permissionMode: 'bypassPermissions' };
    const { session } = await client.call('update_session', args);
    expect(session.permissionMode).toBe('bypassPermissions');
  });

  test('is refused for a session that has ended', async () => {
    const { client } = await startWithClient();
    const sessionId = await client.create();
    await client.call('end_session', { sessionId });
    const refusal = await client.refusal('update_session', { sessionId, name: 'x' });
    expect(refusal).toMatchObject({ code: 'SESSION_NOT_READY' });
  });

  test('tells the process of a running turn what concerns it, and gives the conversation the new name', async () => {
    const { harness, client, sessionId, run } = await startBusy({ model: 'haiku' });
    await client.call('update_session', { sessionId, ...CHANGES, model: 'haiku' });
    const { name: _name, labels: _labels, model: _same, ...told } = CHANGES;
    expect(run.updates).toEqual([told]);
    const { renamed } = harness.runner;
    const uuid = sessionId.replace('claude_', '');
    expect(renamed).toEqual([{ uuid, name: CHANGES.name }]);
    await client.call('update_session', { sessionId, name: 'another', labels: [] });
    expect(run.updates).toHaveLength(1);
    expect(renamed.at(-1)).toEqual({ uuid, name: 'another' });
  });

  test('counts for the end of the MCP session', async () => {
    const { harness, client, sessionId, run } = await startBusy();
    await client.call('update_session', { sessionId, onDisconnect: 'end' });
    await client.disconnect();
    const other = await harness.connect();
    await expect
      .poll(async () => (await other.call('get_session', { sessionId })).session.status)
      .toBe('terminated');
    expect(run.isClosed).toBe(true);
  });

  test('raises a budget that is used up', async () => {
    const { harness, client, sessionId, finish } = await startBusy({ maxBudgetUsd: 1 });
    const usage = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };
    await finish({ usage: { ...usage, costUsd: 1.5 } });
    harness.runner.run(sessionId).exit();
    const send = { sessionId, prompt: 'more', waitMs: 20_000 };
    const refused = await client.call('send_prompt', send);
    expect(refused.turn.error).toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(refused.turn.error?.hint).toContain('update_session');
    await client.call('update_session', { sessionId, maxBudgetUsd: 2 });
    await client.call('send_prompt', { sessionId, prompt: 'again' });
    const { spec } = await harness.running(sessionId);
    expect(spec.options.maxBudgetUsd).toBe(0.5);
  });
});
