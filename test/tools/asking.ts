import { expect } from 'vitest';
import type { PermissionAsk } from '../../src/runner/runner.ts';
import type { RequestView } from '../support/client/tools.ts';
import { type HarnessOptions, startWithClient } from '../support/harness.ts';

export const INPUT = { command: 'ls', timeout: 5 };

/** A turn that waits for one answer. */
export async function asking(options: HarnessOptions = {}, ask: Partial<PermissionAsk> = {}) {
  const { harness, client } = await startWithClient(options);
  const busy = await harness.busy(client);
  const asked = new AbortController();
  const reply = busy.run.ask({ toolName: 'Bash', input: INPUT, ...ask }, asked.signal);
  const { events } = await client.call('read_events', {
    sessionId: busy.sessionId,
    after: 3,
    waitMs: 50_000,
  });
  const request = events[0]?.request as RequestView | undefined;
  const requestId = request?.requestId ?? '';
  const answer = (args: Record<string, unknown>) =>
    client.call('answer_permission_request', { requestId, ...args });
  return { harness, client, ...busy, requestId, reply, answer, withdraw: () => asked.abort() };
}

/** The turn goes on to its own end in the process that asked. */
export async function goesOn({
  harness,
  client,
  sessionId,
  run,
}: Awaited<ReturnType<typeof asking>>) {
  run.say('going on');
  run.finish();
  const args = { sessionIds: [sessionId], until: 'turn_end' };
  const { sessions } = await client.call('wait_sessions', args);
  expect(sessions[0]).toMatchObject({
    status: 'ready',
    pendingPermissions: 0,
    turns: { completed: 1, failed: 0 },
  });
  expect(run.isClosed).toBe(false);
  expect(harness.runner.runs).toEqual([run]);
}
