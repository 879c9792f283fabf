import { describe, expect, test } from 'vitest';
import { startBusy, startWithClient } from '../support/harness.ts';

const LONG_MS = 50_000;

describe('wait_sessions', () => {
  test('for any: answers when the first needs attention, with all of them as they are', async () => {
    const { harness, client } = await startWithClient();
    const [a, b] = [await harness.busy(client), await harness.busy(client)];
    const sessionIds = [a.sessionId, b.sessionId];
    const waiting = client.call('wait_sessions', { sessionIds, waitMs: LONG_MS });
    a.run.say('still at it');
    b.run.finish();
    const { ready, sessions } = await waiting;
    expect(ready).toEqual([b.sessionId]);
    expect(sessions.map(({ id, status }) => [id, status])).toEqual([
      [a.sessionId, 'busy'],
      [b.sessionId, 'ready'],
    ]);
  });

  test('for all: answers when the last does', async () => {
    const { harness, client } = await startWithClient();
    const [a, b] = [await harness.busy(client), await harness.busy(client)];
    const sessionIds = [a.sessionId, b.sessionId];
    const waiting = client.call('wait_sessions', { sessionIds, for: 'all', waitMs: LONG_MS });
    b.run.finish();
    await client.call('wait_sessions', { sessionIds });
    a.run.finish();
    const { ready, sessions } = await waiting;
    expect(ready).toEqual(sessionIds);
    expect(sessions.map(({ status }) => status)).toEqual(['ready', 'ready']);
  });

  test('until attention: a permission request is attention, until turn_end it is not', async () => {
    const { client, sessionId, run } = await startBusy();
    const sessionIds = [sessionId];
    const args = { sessionIds, waitMs: LONG_MS };
    const ending = client.call('wait_sessions', { ...args, until: 'turn_end' });
    void run.ask();
    const asked = await client.call('wait_sessions', args);
    expect(asked).toMatchObject({
      ready: sessionIds,
      sessions: [{ status: 'busy', pendingPermissions: 1 }],
    });
    run.finish();
    expect(await ending).toMatchObject({ ready: sessionIds, sessions: [{ status: 'ready' }] });
  });

  test('a session at rest, an ended one and one that cannot be run are ready already', async () => {
    const { harness, client } = await startWithClient();
    const [idle, ended] = [await client.create(), await client.create()];
    await client.call('end_session', { sessionId: ended });
    harness.runner.failNextStart();
    const sessionIds = [idle, ended, await client.create({ prompt: 'go' })];
    const { ready, sessions } = await client.call('wait_sessions', { sessionIds, for: 'all' });
    expect(ready).toEqual(sessionIds);
    expect(sessions.map(({ status }) => status)).toEqual(['ready', 'terminated', 'error']);
  });

  test('a prompt that is only queued is not rest', async () => {
    const { harness, client, sessionId, run } = await startBusy();
    await client.call('send_prompt', { sessionId, prompt: 'b' });
    const waiting = client.call('wait_sessions', { sessionIds: [sessionId], waitMs: LONG_MS });
    run.finish();
    (await harness.running(sessionId, 2)).finish();
    const { sessions } = await waiting;
    expect(sessions[0]?.turns).toEqual({
      queued: 0,
      running: 0,
      completed: 2,
      failed: 0,
      interrupted: 0,
      lost: 0,
      cancelled: 0,
    });
  });

  test('answers with none ready when the time is up, and at once with waitMs 0', async () => {
    const { client, sessionId } = await startBusy();
    for (const waitMs of [0, 20]) {
      const waited = await client.call('wait_sessions', { sessionIds: [sessionId], waitMs });
      expect(waited).toMatchObject({ ready: [], sessions: [{ id: sessionId, status: 'busy' }] });
    }
  });

  test('counts a session once that is named twice', async () => {
    const { harness, client } = await startWithClient();
    const { session } = await client.call('create_session');
    const { sessionId } = await harness.busy(client);
    const { ready, sessions } = await client.call('wait_sessions', {
      sessionIds: [session.id, session.id, sessionId],
      for: 'all',
      waitMs: 20,
    });
    expect(ready).toEqual([session.id]);
    expect(sessions.map(({ id }) => id)).toEqual([session.id, sessionId]);
  });

  test('refuses the whole call where one of the sessions is unknown, without waiting', async () => {
    const { client, sessionId } = await startBusy();
    const sessionIds = [sessionId, 'claude_none'];
    expect(await client.refusal('wait_sessions', { sessionIds, waitMs: LONG_MS })).toMatchObject({
      code: 'SESSION_NOT_FOUND',
      message: 'no session claude_none',
    });
  });

  test('watches a hundred sessions in one call', async () => {
    const { client, sessionId, run } = await startBusy();
    const names = Array.from({ length: 98 }, (_, index) => `s${index}`);
    const others = await Promise.all(names.map((name) => client.create({ name })));
    const waiting = client.call('wait_sessions', {
      sessionIds: [...others, sessionId],
      for: 'all',
      waitMs: LONG_MS,
    });
    run.finish();
    const { ready } = await waiting;
    expect(ready).toHaveLength(99);
    expect(ready).toContain(sessionId);
  });
});
