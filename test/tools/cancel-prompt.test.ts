import { describe, expect, test } from 'vitest';
import { startBusy } from '../support/harness.ts';

describe('cancel_prompt', () => {
  test('takes a queued prompt back, so that Claude never sees it', async () => {
    const { harness, client, sessionId, run } = await startBusy();
    const [b, c] = [
      await client.call('send_prompt', { sessionId, prompt: 'b' }),
      await client.call('send_prompt', { sessionId, prompt: 'c' }),
    ];
    const { turn } = await client.call('cancel_prompt', { sessionId, turnId: b.turn.id });
    expect(turn).toEqual({ ...b.turn, state: 'cancelled', endedAt: expect.any(String) });
    run.finish();
    await harness.running(sessionId, 2);
    expect(run.prompts.map(({ text }) => text)).toEqual(['go', 'c']);
    expect(run.prompts[1]?.turnId).toBe(c.turn.id);
    const { events } = await client.call('read_events', { sessionId, after: c.after, limit: 1 });
    expect(events).toMatchObject([{ type: 'prompt_cancelled', turnId: b.turn.id, prompt: 'b' }]);
    const { turns } = await client.shown(sessionId);
    expect(turns).toEqual({
      queued: 0,
      running: 1,
      completed: 1,
      failed: 0,
      interrupted: 0,
      lost: 0,
      cancelled: 1,
    });
  });

  test('a second time answers the same and changes nothing', async () => {
    const { client, sessionId } = await startBusy();
    const { turn } = await client.call('send_prompt', { sessionId, prompt: 'b' });
    const first = await client.call('cancel_prompt', { sessionId, turnId: turn.id });
    const before = await client.call('get_session', { sessionId });
    expect(await client.call('cancel_prompt', { sessionId, turnId: turn.id })).toEqual(first);
    expect(await client.call('get_session', { sessionId })).toEqual(before);
  });

  test('refuses a turn that runs, and names the tool that stops it', async () => {
    const { client, sessionId, turnId } = await startBusy();
    expect(await client.refusal('cancel_prompt', { sessionId, turnId })).toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining(turnId),
      hint: expect.stringContaining('interrupt_session'),
    });
  });

  test('refuses a turn that is over, one of another session, and one that never was', async () => {
    const { harness, client, sessionId, turnId, finish } = await startBusy();
    const other = await harness.busy(client);
    const elsewhere = await client.call('send_prompt', {
      sessionId: other.sessionId,
      prompt: 'queued there',
    });
    await finish();
    for (const unknown of [turnId, elsewhere.turn.id, 'no-such-turn']) {
      const refusal = await client.refusal('cancel_prompt', { sessionId, turnId: unknown });
      expect(refusal).toMatchObject({ code: 'NOT_FOUND' });
      expect(refusal.message).toContain(unknown);
    }
    expect((await client.shown(other.sessionId)).turns.queued).toBe(1);
  });
});
