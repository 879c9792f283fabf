import { describe, expect, test } from 'vitest';
import { QUEUED_PROMPTS_MAX } from '../../src/limits.ts';
import { overriding, startBusy, startHarness, startWithClient } from '../support/harness.ts';

const LONG_MS = 50_000;

/** Lets something happen between the write of a prompt and what is done to the turn that runs. */
async function startWithGap() {
  let gap: (() => Promise<void>) | undefined;
  const harness = await startHarness({
    store: (store) =>
      overriding(store, {
        append: async (...args) => {
          const appended = await store.append(...args);
          if (args[1].type !== 'send') return appended;
          const happens = gap;
          gap = undefined;
          await happens?.();
          return appended;
        },
      }),
  });
  const beforeActing = (happens: () => Promise<void>) => {
    gap = happens;
  };
  return { harness, client: await harness.connect(), beforeActing };
}

describe('send_prompt', () => {
  test('answers at once with the queued turn and the seq from which its events are read', async () => {
    const { harness, client } = await startWithClient();
    const sessionId = await client.create({ taskId: 't' });
    const sent = await client.call('send_prompt', { sessionId, prompt: ' Say hello.\n' });
    expect(sent).toEqual({
      after: 3,
      turn: {
        id: expect.any(String),
        sessionId,
        state: expect.stringMatching(/^(queued|running)$/),
        origin: 'prompt',
        queuedAt: expect.stringMatching(/^\d{4}-.*Z$/),
        ...('startedAt' in sent.turn && { startedAt: expect.any(String) }),
      },
    });
    const run = await harness.running(sessionId);
    expect(run.prompts).toEqual([{ turnId: sent.turn.id, text: ' Say hello.\n' }]);
    run.say('hello');
    const { events } = await client.call('read_events', {
      sessionId,
      after: sent.after,
      waitMs: LONG_MS,
      until: 'event',
    });
    expect(events[0]).toMatchObject({ type: 'turn_started', turnId: sent.turn.id });
  });

  test('runs queued prompts one at a time, in the order they came, in one process', async () => {
    const { harness, client, sessionId, run } = await startBusy({ prompt: '0' });
    const queued = ['1', '2', '3'].map((prompt) =>
      client.call('send_prompt', { sessionId, prompt }),
    );
    for (const { turn } of await Promise.all(queued)) expect(turn.state).toBe('queued');
    for (const count of [2, 3, 4]) {
      expect(run.prompts).toHaveLength(count - 1);
      run.finish();
      await harness.running(sessionId, count);
    }
    expect(run.prompts.map(({ text }) => text)).toEqual(['0', '1', '2', '3']);
    expect(harness.runner.runs).toEqual([run]);
  });

  test('refuses more prompts than may wait, by the name of the limit', async () => {
    const { client, sessionId } = await startBusy();
    const send = () => client.call('send_prompt', { sessionId, prompt: 'x' });
    await Promise.all(Array.from({ length: QUEUED_PROMPTS_MAX }, send));
    await expect(send()).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      failure: { message: expect.stringContaining('QUEUED_PROMPTS_MAX'), retryable: true },
    });
    expect((await client.shown(sessionId)).turns.queued).toBe(QUEUED_PROMPTS_MAX);
  });

  test('a failed turn leaves the session ready for the next', async () => {
    const { harness, client, sessionId, finish } = await startBusy();
    const error = {
      code: 'UNAVAILABLE',
      message: 'the API is overloaded',
      retryable: true,
    } as const;
    await finish({ state: 'failed', error });
    const { session } = await client.call('get_session', { sessionId });
    expect(session).toMatchObject({ status: 'ready', turns: { failed: 1 } });
    expect(session.error).toBeUndefined();
    const sent = client.call('send_prompt', { sessionId, prompt: 'again', waitMs: LONG_MS });
    (await harness.running(sessionId, 2)).finish();
    expect((await sent).turn.state).toBe('completed');
  });
});

describe('send_prompt with waitMs', () => {
  test('answers when the turn has ended, with what Claude said in it and nothing else', async () => {
    const { harness, client, sessionId, run } = await startBusy();
    const sending = client.call('send_prompt', { sessionId, prompt: 'b', waitMs: LONG_MS });
    await client.call('read_events', { sessionId, after: 3, waitMs: LONG_MS });
    run.say('of the first turn');
    run.finish();
    await harness.running(sessionId, 2);
    run.say('one');
    run.output({ type: 'tool_result', toolUseId: 'toolu_1', isError: false, text: 'not said' });
    run.say('two');
    run.finish({ result: 'two' });
    const { turn, text, after } = await sending;
    expect(turn).toMatchObject({ state: 'completed', result: 'two' });
    expect(text).toBe('one\ntwo');
    const { session } = await client.call('get_session', { sessionId });
    expect(after).toBe(session.lastSeq);
  });

  test('answers when Claude asks for a permission, with the turn still running', async () => {
    const { harness, client } = await startWithClient();
    const sessionId = await client.create();
    const sending = client.call('send_prompt', { sessionId, prompt: 'a', waitMs: LONG_MS });
    const run = await harness.running(sessionId);
    run.say('May I?');
    void run.ask();
    expect(await sending).toMatchObject({ turn: { state: 'running' }, text: 'May I?' });
  });

  test('answers with the turn as it stands when the time is up', async () => {
    const { client, sessionId } = await startBusy();
    const sent = await client.call('send_prompt', { sessionId, prompt: 'b', waitMs: 20 });
    expect(sent).toMatchObject({ turn: { state: 'queued' }, text: '' });
  });

  test('keeps to the end of a long speech, cut between letters', async () => {
    const { harness, client } = await startWithClient();
    const sessionId = await client.create();
    const sending = client.call('send_prompt', { sessionId, prompt: 'a', waitMs: LONG_MS });
    const run = await harness.running(sessionId);
    run.say(`${'😀'.repeat(20_000)}.`);
    run.finish();
    const { text = '' } = await sending;
    expect(text.isWellFormed()).toBe(true);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(64 * 1024);
    expect(text.endsWith('😀😀.')).toBe(true);
  });
});

describe('send_prompt with mode steer', () => {
  test('puts the prompt into the turn that runs, and the log says so when it answers', async () => {
    const { client, sessionId, turnId, run, finish } = await startBusy();
    const sent = await client.call('send_prompt', { sessionId, prompt: 'Shorter.', mode: 'steer' });
    expect(sent.turn).toMatchObject({ id: turnId, state: 'running' });
    expect(run.steered).toEqual(['Shorter.']);
    const { events } = await client.call('read_events', { sessionId, after: sent.after - 1 });
    expect(events).toMatchObject([{ type: 'notice', turnId, text: 'steered: Shorter.' }]);
    await finish();
    const { turns } = await client.shown(sessionId);
    expect(turns).toEqual({
      queued: 0,
      running: 0,
      completed: 1,
      failed: 0,
      interrupted: 0,
      lost: 0,
      cancelled: 0,
    });
  });

  test('queues the prompt where no turn runs', async () => {
    const { harness, client } = await startWithClient();
    const sessionId = await client.create();
    const { turn } = await client.call('send_prompt', { sessionId, prompt: 'a', mode: 'steer' });
    const run = await harness.running(sessionId);
    expect(run.prompts).toEqual([{ turnId: turn.id, text: 'a' }]);
    expect(run.steered).toEqual([]);
  });

  test.each(['/compact', '/compact keep the names', '/clear'])(
    'queues %s, which is nothing that a running turn could take in',
    async (prompt) => {
      const { harness, client, sessionId, turnId, run } = await startBusy();
      const { turn } = await client.call('send_prompt', { sessionId, prompt, mode: 'steer' });
      expect(turn).toMatchObject({ state: 'queued' });
      expect(turn.id).not.toBe(turnId);
      expect(run.steered).toEqual([]);
      run.finish();
      await harness.running(sessionId, 2);
      expect(run.prompts[1]).toEqual({ turnId: turn.id, text: prompt });
    },
  );

  test('becomes a turn of its own where the other has ended meanwhile', async () => {
    const { harness, client, beforeActing } = await startWithGap();
    const { sessionId, turnId, run } = await harness.busy(client);
    beforeActing(async () => run.finish());
    const { turn } = await client.call('send_prompt', { sessionId, prompt: 'b', mode: 'steer' });
    expect(turn.id).not.toBe(turnId);
    await harness.running(sessionId, 2);
    expect(run.prompts[1]).toEqual({ turnId: turn.id, text: 'b' });
    expect(run.steered).toEqual([]);
  });

  test('reaches a turn whose process is only starting after its prompt', async () => {
    const { harness, client, beforeActing } = await startWithGap();
    const release = harness.runner.holdStarts();
    const sessionId = await client.create({ prompt: 'first' });
    await client.call('read_events', { sessionId, after: 2, waitMs: LONG_MS });
    beforeActing(async () => release());
    const steering = client.call('send_prompt', { sessionId, prompt: 'then', mode: 'steer' });
    const run = await harness.runner.waitFor(
      ({ prompts, steered }) => prompts.length === 1 && steered.length === 0,
    );
    await steering;
    expect(run.steered).toEqual(['then']);
  });
});

describe('send_prompt with mode interrupt', () => {
  test('stops the turn that runs, and the prompt is the next turn', async () => {
    const { harness, client, sessionId, turnId, run } = await startBusy();
    run.say('half a');
    const { turn } = await client.call('send_prompt', {
      sessionId,
      prompt: 'Stop, do this.',
      mode: 'interrupt',
    });
    await harness.running(sessionId, 2);
    expect(run.interrupts).toBe(1);
    expect(run.prompts[1]).toEqual({ turnId: turn.id, text: 'Stop, do this.' });
    const { events } = await client.call('read_events', { sessionId });
    expect(events.find(({ type }) => type === 'turn_ended')).toMatchObject({
      turnId,
      turn: { state: 'interrupted' },
    });
  });

  test('runs before what is queued already, the last interrupt first', async () => {
    const { harness, client, sessionId, run } = await startBusy();
    // The turn goes on until the test lets it stop.
    run.onInterrupt = () => {};
    for (const prompt of ['q1', 'q2']) await client.call('send_prompt', { sessionId, prompt });
    for (const prompt of ['i1', 'i2']) {
      await client.call('send_prompt', { sessionId, prompt, mode: 'interrupt' });
    }
    run.finish({ state: 'interrupted' });
    for (let prompts = 2; prompts <= 5; prompts += 1) {
      await harness.running(sessionId, prompts);
      run.finish();
    }
    expect(run.prompts.map(({ text }) => text)).toEqual(['go', 'i2', 'i1', 'q1', 'q2']);
  });

  test('runs at once where no turn runs', async () => {
    const { harness, client } = await startWithClient();
    const sessionId = await client.create();
    await client.call('send_prompt', { sessionId, prompt: 'a', mode: 'interrupt' });
    const run = await harness.running(sessionId);
    run.finish();
    await client.call('wait_sessions', { sessionIds: [sessionId] });
    expect(run.interrupts).toBe(0);
  });

  test('does not stop its own turn where the other ended by itself meanwhile', async () => {
    const { harness, client, beforeActing } = await startWithGap();
    const { sessionId, run, finish } = await harness.busy(client);
    beforeActing(async () => {
      run.finish();
      await harness.running(sessionId, 2);
    });
    await client.call('send_prompt', { sessionId, prompt: 'b', mode: 'interrupt' });
    await finish();
    expect((await client.shown(sessionId)).turns.completed).toBe(2);
    expect(run.interrupts).toBe(0);
  });
});
