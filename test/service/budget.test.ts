import { expect, test } from 'vitest';
import { NO_USAGE } from '../../src/session/usage.ts';
import { startHarness } from '../support/harness.ts';

const LONG_MS = 20_000;

test('a budget is the session’s, not a process’s: a new process gets what is left of it', async () => {
  const harness = await startHarness();
  const client = await harness.connect();
  const { sessionId, run } = await harness.busy(client, { maxBudgetUsd: 1 });
  expect(run.spec.options.maxBudgetUsd).toBe(1);
  run.finish({ usage: { ...NO_USAGE, costUsd: 0.75 } });
  run.exit();
  await client.call('send_prompt', { sessionId, prompt: 'more' });
  const next = await harness.runner.waitFor((one) => one !== run && one.turnId !== undefined);
  expect(next.spec.options.maxBudgetUsd).toBe(0.25);
});

test('a session whose budget is used up fails the turn, says why, and is not broken', async () => {
  const harness = await startHarness();
  const client = await harness.connect();
  const { sessionId, run } = await harness.busy(client, { maxBudgetUsd: 1 });
  run.finish({ usage: { ...NO_USAGE, costUsd: 1 } });
  run.exit();
  const { turn } = await client.call('send_prompt', { sessionId, prompt: 'more', waitMs: LONG_MS });
  expect(turn).toMatchObject({ state: 'failed', error: { code: 'LIMIT_EXCEEDED' } });
  expect(turn.error?.message).toContain('maxBudgetUsd');
  const { session } = await client.call('get_session', { sessionId });
  expect([session.status, session.error]).toEqual(['ready', undefined]);
  expect(harness.runner.specs).toHaveLength(1);
});
