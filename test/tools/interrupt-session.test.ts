import { describe, expect, test } from 'vitest';
import { startBusy, startWithClient } from '../support/harness.ts';

const LONG_MS = 50_000;

/** A session whose process does not come up until it is released. */
async function starting() {
  const { harness, client } = await startWithClient();
  const release = harness.runner.holdStarts();
  const { session, turn } = await client.call('create_session', { prompt: 'never' });
  const sessionId = session.id;
  await client.call('read_events', { sessionId, after: 2, waitMs: LONG_MS });
  const goesOn = async () => {
    const sent = client.call('send_prompt', { sessionId, prompt: 'on', waitMs: LONG_MS });
    (await harness.running(sessionId)).finish();
    expect((await sent).turn.state).toBe('completed');
  };
  return { harness, client, sessionId, turnId: turn?.id, release, goesOn };
}

describe('interrupt_session', () => {
  test('answers once the turn has really stopped, and not before', async () => {
    const { harness, client, sessionId, turnId, run } = await startBusy();
    run.onInterrupt = () => {};
    let answered = false;
    const interrupting = client.call('interrupt_session', { sessionId }).then((result) => {
      answered = true;
      return result;
    });
    await harness.runner.waitFor(({ interrupts }) => interrupts === 1);
    await client.call('get_session', { sessionId });
    expect(answered).toBe(false);
    run.say('Stopping.');
    run.finish({ state: 'interrupted', result: 'half' });
    expect(await interrupting).toMatchObject({
      session: { status: 'ready', turns: { queued: 0, running: 0, completed: 0, failed: 0 } },
      turn: { id: turnId, state: 'interrupted', result: 'half', endedAt: expect.any(String) },
    });
  });

  test('leaves the session usable, in the same process', async () => {
    const { harness, client, sessionId, run } = await startBusy();
    await client.call('interrupt_session', { sessionId });
    const sent = client.call('send_prompt', { sessionId, prompt: 'on', waitMs: LONG_MS });
    (await harness.running(sessionId, 2)).finish();
    expect(await sent).toMatchObject({ turn: { state: 'completed' } });
    expect(harness.runner.runs).toEqual([run]);
  });

  test.each(['ready', 'terminated'])('changes nothing for a session that is %s', async (status) => {
    const { client } = await startWithClient();
    const sessionId = await client.create();
    if (status === 'terminated') await client.call('end_session', { sessionId });
    const before = await client.call('get_session', { sessionId });
    for (const cancelQueued of [false, true]) {
      const after = await client.call('interrupt_session', { sessionId, cancelQueued });
      expect(after).toEqual(before);
    }
  });

  test('lets the next queued prompt run', async () => {
    const { harness, client, sessionId, run } = await startBusy();
    const next = await client.call('send_prompt', { sessionId, prompt: 'next' });
    await client.call('interrupt_session', { sessionId });
    await harness.running(sessionId, 2);
    expect(run.prompts[1]?.turnId).toBe(next.turn.id);
  });

  test('with cancelQueued takes the queued prompts back too', async () => {
    const { client, sessionId, run } = await startBusy();
    for (const prompt of ['b', 'c']) await client.call('send_prompt', { sessionId, prompt });
    const { session } = await client.call('interrupt_session', { sessionId, cancelQueued: true });
    expect(session).toMatchObject({ status: 'ready', turns: { queued: 0, running: 0 } });
    const { events } = await client.call('read_events', { sessionId });
    expect(events.filter(({ type }) => type === 'prompt_cancelled')).toMatchObject([
      { prompt: 'b' },
      { prompt: 'c' },
    ]);
    expect(run.prompts).toHaveLength(1);
  });

  test('a turn whose process is only starting stops before Claude has its prompt', async () => {
    const { harness, client, sessionId, turnId, release, goesOn } = await starting();
    const interrupting = client.call('interrupt_session', { sessionId });
    await client.call('get_session', { sessionId });
    release();
    expect(await interrupting).toMatchObject({
      session: { status: 'ready', turns: { running: 0 } },
      turn: { id: turnId, state: 'interrupted' },
    });
    expect(harness.runner.run(sessionId).prompts).toEqual([]);
    await goesOn();
  });

  test('a turn whose process does not come up stops all the same, and the next one starts another', async () => {
    const { harness, client, sessionId, turnId, goesOn } = await starting();
    expect(await client.call('interrupt_session', { sessionId })).toMatchObject({
      session: { status: 'ready', turns: { queued: 0, running: 0 } },
      turn: { id: turnId, state: 'interrupted' },
    });
    expect(harness.runner.runs).toEqual([]);
    harness.runner.holdStarts()();
    await goesOn();
  });

  test('a turn whose process cannot be started fails, and the interrupt says so', async () => {
    const { harness, client, sessionId, release } = await starting();
    harness.runner.failNextStart();
    const interrupting = client.call('interrupt_session', { sessionId });
    await client.call('get_session', { sessionId });
    release();
    expect(await interrupting).toMatchObject({
      session: { status: 'error' },
      turn: { state: 'failed', error: { code: 'UNAVAILABLE' } },
    });
  });

  test('closes what the turn had asked, and Claude is told no', async () => {
    const { client, sessionId, run } = await startBusy();
    const asked = run.ask();
    await client.call('wait_sessions', { sessionIds: [sessionId] });
    const { session } = await client.call('interrupt_session', { sessionId });
    expect(session.pendingPermissions).toBe(0);
    expect(await asked).toMatchObject({ decision: 'deny' });
  });
});
