import { expect, test } from 'vitest';
import { SUM_MAX } from '../../src/limits.ts';
import type { Usage } from '../../src/session/event.ts';
import { makeUnsound } from '../store/unsound.ts';
import { startHarness } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';

const USAGE: Usage = {
  inputTokens: 5,
  outputTokens: 6,
  cacheReadTokens: 7,
  cacheWriteTokens: 8,
  costUsd: 0.5,
};

async function turnEnd(client: TestClient, sessionId: string): Promise<void> {
  const args = { sessionIds: [sessionId], until: 'turn_end', waitMs: 50_000 };
  await client.call('wait_sessions', args);
}

test('one answer with absurd figures in the database hurts nobody', async () => {
  const harness = await startHarness();
  const client = await harness.connect({ principal: 'alice' });
  const { sessionId, run } = await harness.busy(client, { taskId: 't' });
  run.finish({ usage: USAGE, usageByModel: { m: USAGE } });
  await turnEnd(client, sessionId);
  await harness.close();
  makeUnsound(harness.settings.stateDir, USAGE, 'alice');
  await harness.reopen();
  for (const principal of ['alice', 'bob']) {
    const caller = await harness.connect({ principal });
    const made = await harness.busy(caller);
    made.run.finish({ usage: USAGE });
    await turnEnd(caller, made.sessionId);
    await caller.call('send_prompt', { sessionId: made.sessionId, prompt: 'on' });
    expect(await caller.call('end_session', { sessionId: made.sessionId })).toMatchObject({
      ended: true,
    });
    await caller.call('get_metrics', {});
    await caller.call('list_sessions', {});
  }
  const alice = await harness.connect({ principal: 'alice' });
  await alice.call('get_session', { sessionId });
  await alice.call('get_metrics', { taskId: 't' });
  await alice.call('read_events', { sessionId, detail: 'full' });
  await alice.call('send_prompt', { sessionId, prompt: 'on' });
  expect(await alice.call('end_session', { sessionId })).toMatchObject({ ended: true });
});

test('turns that use all that a sum can hold are counted, and those after them work', async () => {
  const harness = await startHarness();
  const client = await harness.connect();
  const { sessionId, run } = await harness.busy(client);
  const most = { ...USAGE, inputTokens: SUM_MAX };
  run.finish({ usage: most, usageByModel: { m: most } });
  await turnEnd(client, sessionId);
  await client.call('send_prompt', { sessionId, prompt: 'again' });
  const next = await harness.running(sessionId, 2);
  next.finish({ usage: most, usageByModel: { m: most } });
  await turnEnd(client, sessionId);
  expect(await client.call('get_metrics', {})).toMatchObject({
    completedTurns: 2,
    inputTokens: SUM_MAX,
    outputTokens: 12,
    usageByModel: { m: { inputTokens: SUM_MAX } },
  });
});
