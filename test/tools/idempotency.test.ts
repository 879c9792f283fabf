import { rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ToolName } from '../support/client/tools.ts';
import { startBusy, startWithClient } from '../support/harness.ts';
import type { CallOptions } from '../support/mcp-client.ts';

type Retryable = Extract<ToolName, 'create_session' | 'fork_session' | 'send_prompt'>;

/** How a call can be known again: by a key of the caller's, or by what Claude Code says of it. */
const WAYS: readonly [string, Record<string, unknown>, CallOptions][] = [
  ['idempotencyKey', { idempotencyKey: 'k1' }, {}],
  ['the id of the tool use', {}, { toolUseId: 'toolu_01abc' }],
];

describe.each(WAYS)('a call repeated with %s', (_way, keyArgs, options) => {
  test('create_session makes one session and one turn, also after a restart', async () => {
    const { harness, client } = await startWithClient();
    const args = { name: 'once', prompt: 'go', taskId: 't', ...keyArgs };
    const first = await client.call('create_session', args, options);
    const run = await harness.running(first.session.id);
    const again = await client.call('create_session', args, options);
    expect([again.session.id, again.turn?.id]).toEqual([first.session.id, first.turn?.id]);
    run.finish();
    await client.call('wait_sessions', { sessionIds: [first.session.id] });
    await harness.reopen();
    const later = await harness.connect();
    const last = await later.call('create_session', args, options);
    expect(last).toMatchObject({
      session: { id: first.session.id },
      turn: { id: first.turn?.id, state: 'completed' },
    });
    expect(await later.call('get_metrics')).toMatchObject({ totalSessions: 1, completedTurns: 1 });
  });

  test('create_session is the same call with its labels in a list, in any order', async () => {
    const { client } = await startWithClient();
    const call = (labels: unknown) =>
      client.call('create_session', { labels, ...keyArgs }, options);
    const first = await call({ team: 'core', url: 'a=b' });
    const again = await call(['url=a=b', 'team=core']);
    expect(again.session).toMatchObject({
      id: first.session.id,
      labels: { team: 'core', url: 'a=b' },
    });
    await expect(call(['url=a=b'])).rejects.toThrow('CONFLICT');
  });

  test('send_prompt queues one prompt, also after a restart', async () => {
    const { harness, client } = await startWithClient();
    const { session } = await client.call('create_session');
    const args = { sessionId: session.id, prompt: 'go', ...keyArgs };
    const first = await client.call('send_prompt', args, options);
    const run = await harness.running(session.id);
    const again = await client.call('send_prompt', args, options);
    expect(again).toMatchObject({ after: first.after, turn: { id: first.turn.id } });
    run.finish();
    await client.call('wait_sessions', { sessionIds: [session.id] });
    await harness.reopen();
    const later = await harness.connect();
    const last = await later.call('send_prompt', args, options);
    expect(last).toMatchObject({ after: first.after, turn: { id: first.turn.id } });
    await later.call('end_session', { sessionId: session.id });
    expect((await later.call('send_prompt', args, options)).turn.id).toBe(first.turn.id);
    expect(run.prompts).toHaveLength(1);
    expect(harness.runner.specs).toEqual([]);
  });

  test('fork_session makes one fork', async () => {
    const { harness, client } = await startWithClient();
    const sessionId = await client.create();
    const args = { sessionId, name: 'fork', ...keyArgs };
    const first = await client.call('fork_session', args, options);
    await harness.reopen();
    const again = await (await harness.connect()).call('fork_session', args, options);
    expect(again.session.id).toBe(first.session.id);
  });

  test('calls sent at the same time are one call', async () => {
    const { client } = await startWithClient();
    const args = { name: 'once', ...keyArgs };
    const all = await Promise.all(
      Array.from({ length: 5 }, () => client.call('create_session', args, options)),
    );
    expect(new Set(all.map(({ session }) => session.id)).size).toBe(1);
  });

  test.each<[Retryable, Record<string, unknown>, Record<string, unknown>]>([
    ['create_session', { name: 'a' }, { name: 'b' }],
    ['create_session', {}, { labels: { k: 'v' } }],
    ['send_prompt', { prompt: 'a' }, { prompt: 'b' }],
    ['fork_session', {}, { prompt: 'b' }],
  ])('%s with other arguments is refused and changes nothing', async (tool, first, second) => {
    const { client } = await startWithClient();
    const sessionId = await client.create({ taskId: 't' });
    const base = { ...(tool !== 'create_session' && { sessionId }), ...keyArgs };
    await client.call(tool, { ...base, ...first }, options);
    const before = await client.call('list_sessions');
    await expect(client.call(tool, { ...base, ...second }, options)).rejects.toHaveProperty(
      'code',
      'CONFLICT',
    );
    const after = await client.call('list_sessions');
    expect(after.sessions.map(({ id }) => id)).toEqual(before.sessions.map(({ id }) => id));
  });
});

describe('a repeated call', () => {
  test('may name its arguments in another order', async () => {
    const { client } = await startWithClient();
    const args = { idempotencyKey: 'k', labels: { a: '1', b: '2' }, name: 'n' };
    const first = await client.call('create_session', args);
    const reordered = { name: 'n', labels: { b: '2', a: '1' }, idempotencyKey: 'k' };
    const again = await client.call('create_session', reordered);
    expect(again.session.id).toBe(first.session.id);
  });

  test('with a key of its own each is a call of its own, as is the same key in another tool', async () => {
    const { client } = await startWithClient();
    const ids = new Set<string>();
    for (const idempotencyKey of ['a', 'b', undefined, undefined]) {
      const { session } = await client.call('create_session', { idempotencyKey });
      ids.add(session.id);
    }
    const [sessionId] = ids;
    ids.add((await client.call('fork_session', { sessionId, idempotencyKey: 'a' })).session.id);
    expect(ids.size).toBe(5);
  });

  test('with what can be no id of a tool use is a call of its own', async () => {
    const { client } = await startWithClient();
    const ids = new Set<string>();
    for (const toolUseId of ['', '', 'x'.repeat(100_000), 'x'.repeat(100_000)]) {
      ids.add((await client.call('create_session', {}, { toolUseId })).session.id);
    }
    expect(ids.size).toBe(4);
  });

  test('from a new connection gets the first result, though the old one is not known to be gone', async () => {
    const { harness, client } = await startWithClient();
    const { session } = await client.call('create_session');
    const args = { sessionId: session.id, prompt: 'go', idempotencyKey: 'k' };
    const sent = await client.call('send_prompt', args);
    const forked = await client.call('fork_session', args);
    const back = await harness.connect();
    expect((await back.call('send_prompt', args)).turn.id).toBe(sent.turn.id);
    expect((await back.call('fork_session', args)).session.id).toBe(forked.session.id);
    const { session: after } = await back.call('get_session', { sessionId: session.id });
    expect(after.mcpSessionId).toBe(session.mcpSessionId);
    const another = { ...args, idempotencyKey: 'another' };
    expect(await back.refusal('send_prompt', another)).toMatchObject({ code: 'CONFLICT' });
    expect(await back.refusal('fork_session', another)).toMatchObject({ code: 'CONFLICT' });
  });

  test('may wait longer for the answer than the first call did', async () => {
    const { harness, client } = await startWithClient();
    const sessionId = await client.create();
    const args = { sessionId, prompt: 'go', idempotencyKey: 'k' };
    const first = await client.call('send_prompt', args);
    const run = await harness.running(sessionId);
    const again = client.call('send_prompt', { ...args, waitMs: 50_000 });
    run.finish();
    expect((await again).turn).toMatchObject({ id: first.turn.id, state: 'completed' });
    expect(run.prompts).toHaveLength(1);
  });

  test('of another principal is a call of its own', async () => {
    const { harness, client } = await startWithClient();
    const bob = await harness.connect({ principal: 'bob' });
    const args = { idempotencyKey: 'k', name: 'same' };
    const [a, b] = [
      await client.call('create_session', args),
      await bob.call('create_session', args),
    ];
    expect(a.session.id).not.toBe(b.session.id);
  });

  test('create_session gets the first result also where a new one would be refused by now', async () => {
    const { harness, client } = await startWithClient({ settings: { maxSessions: 1 } });
    const args = { workingDirectory: harness.work, idempotencyKey: 'k' };
    const first = await client.call('create_session', args);
    expect((await client.call('create_session', args)).session.id).toBe(first.session.id);
    rmSync(harness.work, { recursive: true });
    expect((await client.call('create_session', args)).session.id).toBe(first.session.id);
  });

  test('send_prompt with mode interrupt stops the turn of the first call not at all', async () => {
    const { harness, client, sessionId, run, finish } = await startBusy();
    const args = { sessionId, prompt: 'do this', mode: 'interrupt', idempotencyKey: 'k' };
    const first = await client.call('send_prompt', args);
    await harness.running(sessionId, 2);
    expect((await client.call('send_prompt', args)).turn.id).toBe(first.turn.id);
    await finish();
    expect((await client.shown(sessionId)).turns).toMatchObject({ completed: 1, queued: 0 });
    expect(run.interrupts).toBe(1);
  });

  test('send_prompt with mode steer puts the text into the turn once', async () => {
    const { client, sessionId, turnId, run, finish } = await startBusy();
    const args = { sessionId, prompt: 'shorter', mode: 'steer', idempotencyKey: 'k' };
    const first = await client.call('send_prompt', args);
    const again = await client.call('send_prompt', args);
    expect([first.turn.id, again.turn.id]).toEqual([turnId, turnId]);
    expect(again.after).toBe(first.after);
    await finish();
    expect((await client.call('send_prompt', args)).turn).toMatchObject({
      id: turnId,
      state: 'completed',
    });
    expect(run.steered).toEqual(['shorter']);
    expect(run.prompts).toHaveLength(1);
  });
});
