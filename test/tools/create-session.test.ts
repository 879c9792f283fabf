import { describe, expect, test } from 'vitest';
import { LABELS_MAX } from '../../src/limits.ts';
import { NO_USAGE } from '../../src/session/usage.ts';
import { startHarness, startWithClient } from '../support/harness.ts';

const ID = /^claude_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const EVERY_OPTION = {
  settings: 'none',
  model: 'opus',
  maxTurns: 3,
  maxBudgetUsd: 0.5,
  timeout: 60_000,
  allowedTools: ['Read', 'Bash(git *)', 'Bash(echo a, b)', 'mcp__server__tool'],
  disallowedTools: ['WebFetch'],
  permissionMode: 'plan',
  customSystemPrompt: 'You review.',
  appendSystemPrompt: 'Be brief.',
  onDisconnect: 'end',
};

describe('create_session', () => {
  test('without arguments makes a ready session in the default directory, tied to the MCP session', async () => {
    const { harness, client } = await startWithClient();
    const { session, turn } = await client.call('create_session');
    expect(turn).toBeUndefined();
    expect(session).toEqual({
      id: expect.stringMatching(ID),
      status: 'ready',
      permissionMode: 'default',
      settings: 'memory',
      workingDirectory: harness.settings.defaultDirectory,
      labels: {},
      taskId: null,
      taskIds: [],
      mcpSessionId: client.caller.mcpSessionId,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      lastActivity: session.createdAt,
      turns: {
        queued: 0,
        running: 0,
        completed: 0,
        failed: 0,
        interrupted: 0,
        lost: 0,
        cancelled: 0,
      },
      pendingPermissions: 0,
      lastSeq: 1,
      usage: NO_USAGE,
    });
    expect(harness.runner.specs).toEqual([]);
  });

  test('stores name, model, labels and task, and begins the log with them', async () => {
    const { harness, client } = await startWithClient();
    const { session } = await client.call('create_session', {
      workingDirectory: harness.work,
      name: 'Fix the build',
      model: 'opus',
      labels: { team: 'core', empty: '' },
      taskId: 'JIRA-7',
    });
    expect(session).toMatchObject({
      workingDirectory: harness.work,
      name: 'Fix the build',
      model: 'opus',
      labels: { team: 'core', empty: '' },
      taskId: 'JIRA-7',
      taskIds: ['JIRA-7'],
      lastSeq: 2,
    });
    const { events } = await client.call('read_events', { sessionId: session.id });
    expect(events).toEqual([
      {
        seq: 1,
        at: session.createdAt,
        type: 'session_created',
        workingDirectory: harness.work,
      },
      { seq: 2, at: session.createdAt, type: 'task_linked', taskId: 'JIRA-7' },
    ]);
  });

  test('with a prompt starts its turn, and the runner gets every option as it was given', async () => {
    const { harness, client } = await startWithClient();
    const { session, turn } = await client.call('create_session', {
      workingDirectory: harness.work,
      taskId: 't',
      prompt: 'Say hello.',
      ...EVERY_OPTION,
    });
    expect(turn).toMatchObject({ sessionId: session.id, origin: 'prompt' });
    expect(['queued', 'running']).toContain(turn?.state);
    const run = await harness.running(session.id);
    expect(run.prompts).toEqual([{ turnId: turn?.id, text: 'Say hello.' }]);
    expect(`claude_${run.spec.uuid}`).toBe(session.id);
    expect(run.spec.options).toEqual({ ...EVERY_OPTION, workingDirectory: harness.work });
    expect(run.spec.forkOf).toBeUndefined();
    const { events } = await client.call('read_events', { sessionId: session.id, limit: 3 });
    expect(events.map(({ type }) => type)).toEqual([
      'session_created',
      'task_linked',
      'prompt_queued',
    ]);
  });

  test('takes every permission mode but the one that needs the flag, and that one with it', async () => {
    const plain = await (await startHarness()).connect();
    for (const permissionMode of ['default', 'acceptEdits', 'plan', 'dontAsk']) {
      await plain.call('create_session', { permissionMode });
    }
    expect(
      await plain.refusal('create_session', { permissionMode: 'bypassPermissions' }),
    ).toMatchObject({
      code: 'INVALID_REQUEST',
      hint: expect.stringContaining('--allow-bypass-permissions'),
    });
    const allowing = await startHarness({ settings: { allowBypassPermissions: true } });
    const client = await allowing.connect();
    await client.call('create_session', { permissionMode: 'bypassPermissions' });
  });

  test.each([
    ['--max-sessions', { maxSessions: 2 }],
    ['--max-sessions-per-principal', { maxSessionsPerPrincipal: 2 }],
  ])('keeps to %s, however many are asked for at once, until one ends', async (flag, settings) => {
    const { harness, client: alice } = await startWithClient({ settings });
    const bob = await harness.connect({ principal: 'bob' });
    const asked = await Promise.allSettled(Array.from({ length: 5 }, () => alice.create()));
    const made = asked.filter((each) => each.status === 'fulfilled');
    expect(made).toHaveLength(2);
    expect(await alice.call('get_metrics')).toMatchObject({ totalSessions: 2 });
    const isForAll = flag === '--max-sessions';
    for (const client of isForAll ? [alice, bob] : [alice]) {
      expect(await client.refusal('create_session', {})).toMatchObject({
        code: 'LIMIT_EXCEEDED',
        message: expect.stringContaining(flag),
        retryable: true,
      });
    }
    if (!isForAll) await bob.create();
    await alice.call('end_session', { sessionId: made[0]?.value });
    await (isForAll ? bob : alice).create();
  });

  test('keeps names, labels and prompts to the letter, whatever letters they are', async () => {
    const { harness, client } = await startWithClient();
    const odd = 'soh:\u0001 quote:" back:\\ line:\u2028 👩‍💻 \'; DROP TABLE x; --';
    const { session } = await client.call('create_session', {
      name: odd,
      labels: { key: odd },
      taskId: odd,
      prompt: odd,
    });
    expect(session).toMatchObject({ name: odd, labels: { key: odd }, taskIds: [odd] });
    const run = await harness.running(session.id);
    expect(run.prompts[0]?.text).toBe(odd);
    const found = await client.call('list_sessions', { taskId: odd });
    expect(found.sessions.map(({ id }) => id)).toEqual([session.id]);
  });

  test.each(['a=b', '=', 'a='])('refuses the label key %j, which no filter finds', async (key) => {
    const { client } = await startWithClient();
    expect(await client.refusal('create_session', { labels: { [key]: 'c' } })).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('must not contain "="'),
    });
  });

  test('keeps a label whose key is a name that every object has', async () => {
    const { client } = await startWithClient();
    const labels = { constructor: 'c', toString: 't', hasOwnProperty: 'h' };
    const { session } = await client.call('create_session', { labels });
    expect(Object.entries(session.labels)).toEqual(Object.entries(labels));
    for (const label of ['constructor=c', 'toString=t', 'hasOwnProperty=h']) {
      const { sessions } = await client.call('list_sessions', { label });
      expect(sessions.map(({ id }) => id)).toEqual([session.id]);
    }
  });

  test('takes values at their bounds', async () => {
    const { client } = await startWithClient();
    const entries = Array.from({ length: LABELS_MAX }, (_, index) => [
      `k${index}`,
      'v'.repeat(200),
    ]);
    await client.call('create_session', {
      name: 'n'.repeat(200),
      taskId: 't'.repeat(200),
      labels: Object.fromEntries(entries),
      allowedTools: Array.from({ length: 200 }, () => 'R'.repeat(500)),
      prompt: 'é'.repeat(512 * 1024),
      maxTurns: 1,
      timeout: Number.MAX_SAFE_INTEGER,
    });
  });
});
