import { describe, expect, test } from 'vitest';
import { failCommits } from '../support/failed-disk.ts';
import { type Harness, startHarness } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';

const POLL = { timeout: 20_000 };
const UNCONFIRMED = {
  code: 'UNAVAILABLE',
  message: expect.stringContaining('the disk did not confirm'),
  retryable: false,
};

function reopened({ store }: Harness): Promise<void> {
  return new Promise((resolve) => store.observe({ reopened: resolve }));
}

async function endsOf(client: TestClient, sessionId: string): Promise<unknown[]> {
  const { events } = await client.call('read_events', { sessionId, limit: 500 });
  return events.flatMap((event) => (event.type === 'turn_ended' ? [event.turn] : []));
}

/** Waits until nothing of the session runs, here or in the log. */
async function rest(harness: Harness, client: TestClient, sessionId: string): Promise<void> {
  await expect
    .poll(async () => (await harness.store.leases(sessionId))[0]?.turn, POLL)
    .toBeUndefined();
  const { session } = await client.call('get_session', { sessionId });
  expect(session).toMatchObject({ status: 'ready', turns: { running: 0 } });
}

describe('when the disk does not confirm a write', () => {
  test('the session whose words it held is stopped and its turn lost; the others go on', async () => {
    const harness = await startHarness({ mayLogErrors: true });
    const client = await harness.connect();
    const one = await harness.busy(client);
    const other = await harness.busy(client);
    const again = reopened(harness);
    failCommits({ times: 1 });
    one.run.say('not confirmed');
    await again;
    await rest(harness, client, one.sessionId);
    expect(one.run.isClosed).toBe(true);
    expect(await endsOf(client, one.sessionId)).toMatchObject([
      { id: one.turnId, state: 'lost', error: UNCONFIRMED },
    ]);
    expect(other.run.isClosed).toBe(false);
    other.run.say('goes on');
    other.run.finish();
    await client.call('wait_sessions', { sessionIds: [other.sessionId], waitMs: 20_000 });
    expect(await endsOf(client, other.sessionId)).toMatchObject([{ state: 'completed' }]);
    await client.call('send_prompt', { sessionId: one.sessionId, prompt: 'again' });
    await harness.running(one.sessionId, 1);
  });

  test('while it stays so, the sessions stop; once it works their turns are settled, with the reason', async () => {
    const harness = await startHarness({ mayLogErrors: true });
    const client = await harness.connect();
    const { sessionId, turnId, run } = await harness.busy(client);
    const again = reopened(harness);
    const mend = failCommits();
    run.say('not confirmed');
    await harness.runner.waitFor(({ isClosed }) => isClosed);
    expect(await endsOf(client, sessionId)).toEqual([]);
    mend();
    await again;
    await rest(harness, client, sessionId);
    expect(await endsOf(client, sessionId)).toMatchObject([
      { id: turnId, state: 'lost', error: UNCONFIRMED },
    ]);
  });

  test.each([true, false])(
    'a prompt for a warm process hears that nobody knows, and no turn is left that nobody runs (there after all: %s)',
    async (isWritten) => {
      const harness = await startHarness({ mayLogErrors: true });
      const client = await harness.connect();
      const { sessionId, run } = await harness.busy(client);
      run.finish();
      await client.call('wait_sessions', { sessionIds: [sessionId], waitMs: 20_000 });
      const again = reopened(harness);
      failCommits({ times: 1, isWritten });
      const sent = { sessionId, prompt: 'unconfirmed' };
      expect(await client.refusal('send_prompt', sent)).toMatchObject(UNCONFIRMED);
      await again;
      await client.call('send_prompt', { sessionId, prompt: 'next' });
      const next = await harness.runner.waitFor(({ prompts }) => prompts.at(-1)?.text === 'next');
      expect(run.prompts.map(({ text }) => text)).not.toContain('unconfirmed');
      next.finish();
      await rest(harness, client, sessionId);
      expect(await endsOf(client, sessionId)).toMatchObject([
        { state: 'completed' },
        ...(isWritten ? [{ state: 'lost', error: UNCONFIRMED }] : []),
        { state: 'completed' },
      ]);
    },
  );
});
