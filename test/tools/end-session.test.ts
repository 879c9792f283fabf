import { describe, expect, test } from 'vitest';
import { startBusy, startWithClient } from '../support/harness.ts';

const LONG_MS = 50_000;

describe('end_session', () => {
  test('ends the session for good, with its reason, and a second time does no harm', async () => {
    const { client } = await startWithClient();
    const { session } = await client.call('create_session', { taskId: 't' });
    const sessionId = session.id;
    const first = await client.call('end_session', { sessionId, reason: 'done with it' });
    expect(first).toEqual({
      ended: true,
      session: {
        ...session,
        status: 'terminated',
        endReason: 'done with it',
        endedAt: expect.any(String),
        lastActivity: first.session.endedAt,
        lastSeq: 3,
      },
    });
    const again = await client.call('end_session', { sessionId, reason: 'other' });
    expect(again).toEqual({ session: first.session, ended: false });
    const { events } = await client.call('read_events', { sessionId, after: 2 });
    expect(events).toMatchObject([{ type: 'session_ended', reason: 'done with it' }]);
  });

  test('of two calls at the same time one ends it', async () => {
    const { client, sessionId, run } = await startBusy();
    const ends = await Promise.all([
      client.call('end_session', { sessionId }),
      client.call('end_session', { sessionId }),
    ]);
    expect(ends.map(({ ended }) => ended).sort()).toEqual([false, true]);
    for (const { session } of ends) expect(session.status).toBe('terminated');
    expect(run.isClosed).toBe(true);
  });

  test('stops the turn that runs, takes back what is queued, and closes what is asked', async () => {
    const { client, sessionId, turnId, run } = await startBusy();
    const queued = await client.call('send_prompt', { sessionId, prompt: 'b' });
    let answers = 0;
    void run.ask().then(() => {
      answers += 1;
    });
    await client.call('wait_sessions', { sessionIds: [sessionId] });
    run.say('last words');
    const { session } = await client.call('end_session', { sessionId });
    expect(session).toMatchObject({
      status: 'terminated',
      turns: { queued: 0, running: 0, completed: 0, failed: 0 },
      pendingPermissions: 0,
    });
    const { events } = await client.call('read_events', { sessionId, after: 5 });
    expect(answers).toBe(0);
    expect(events).toMatchObject([
      { type: 'text', text: 'last words' },
      { type: 'permission_answered', request: { state: 'closed' } },
      { type: 'turn_ended', turn: { id: turnId, state: 'interrupted' } },
      { type: 'prompt_cancelled', turnId: queued.turn.id },
      { type: 'session_ended' },
    ]);
    expect(run.prompts).toHaveLength(1);
  });

  test('answers after the last process is gone, and starts none for what is queued', async () => {
    const { harness, client, sessionId, run } = await startBusy();
    await client.call('send_prompt', { sessionId, prompt: 'b' });
    const [asked, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    run.close = async () => {
      run.finish({ state: 'interrupted' });
      asked.resolve();
      await held.promise;
      run.exit();
    };
    let answered = false;
    const ending = client.call('end_session', { sessionId }).finally(() => {
      answered = true;
    });
    await asked.promise;
    await client.call('get_session', { sessionId });
    expect(answered).toBe(false);
    held.resolve();
    expect(await ending).toMatchObject({ ended: true });
    expect(run.isClosed).toBe(true);
    expect(harness.runner.runs).toEqual([run]);
  });

  test('stops the warm process of a session at rest', async () => {
    const { client, sessionId, run, finish } = await startBusy();
    await finish();
    expect(run.isClosed).toBe(false);
    await client.call('end_session', { sessionId });
    expect(run.isClosed).toBe(true);
  });

  test('while the process is only starting: the prompt is taken back and nothing has failed', async () => {
    const { harness, client } = await startWithClient();
    harness.runner.holdStarts();
    const sessionId = await client.create({ prompt: 'never' });
    await expect.poll(() => harness.runner.specs).toHaveLength(1);
    expect(await client.call('end_session', { sessionId })).toMatchObject({
      ended: true,
      session: { status: 'terminated', turns: { queued: 0, running: 0, completed: 0, failed: 0 } },
    });
    expect(harness.runner.runs).toEqual([]);
  });

  test.each([
    ['send_prompt', { prompt: 'x' }],
    ['send_prompt', { prompt: 'x', mode: 'steer' }],
    ['send_prompt', { prompt: 'x', mode: 'interrupt', waitMs: LONG_MS }],
    ['cancel_prompt', { turnId: 'none' }],
    ['link_task', { taskId: 'u' }],
    ['unlink_task', { taskId: 't' }],
    ['attach_session', {}],
  ] as const)('leaves a session that refuses %s %j and says what to do', async (tool, args) => {
    const { harness, client, sessionId, run } = await startBusy({ taskId: 't' });
    run.finish();
    const ended = await client.call('end_session', { sessionId });
    expect(await client.refusal(tool, { sessionId, ...args })).toEqual({
      code: 'SESSION_NOT_READY',
      message: `session ${sessionId} has ended`,
      hint: expect.stringContaining('create_session'),
      retryable: false,
    });
    expect(await client.shown(sessionId)).toEqual(ended.session);
    expect(harness.runner.runs).toEqual([run]);
  });
});
