import { describe, expect, test } from 'vitest';
import type { Usage } from '../../src/session/event.ts';
import { NO_USAGE, totalOf } from '../../src/session/usage.ts';
import { type Busy, startBusy, startHarness, startWithClient } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';

const NOTHING = {
  totalSessions: 0,
  activeSessions: 0,
  errorSessions: 0,
  averageSessionDuration: 0,
  busySessions: 0,
  queuedTurns: 0,
  completedTurns: 0,
  failedTurns: 0,
  pendingPermissions: 0,
  ...NO_USAGE,
};

const usage = (times: number): Usage => ({
  inputTokens: 1 * times,
  outputTokens: 2 * times,
  cacheReadTokens: 3 * times,
  cacheWriteTokens: 4 * times,
  costUsd: 0.1 * times,
});

async function metrics(client: TestClient, args: Record<string, unknown> = {}) {
  const { uptimeMs, ...sums } = await client.call('get_metrics', args);
  expect(uptimeMs).toBeGreaterThanOrEqual(0);
  return sums;
}

async function settle(client: TestClient, sessionId: string): Promise<void> {
  const args = { sessionIds: [sessionId], until: 'turn_end', waitMs: 50_000 };
  await client.call('wait_sessions', args);
}

/** Ends the turn at hand with this usage. */
async function finish(client: TestClient, busy: Busy, times: number): Promise<void> {
  busy.run.finish({ usage: usage(times) });
  await settle(client, busy.sessionId);
}

describe('get_metrics', () => {
  test('is all zeros before anything happened, and for a task nobody knows', async () => {
    const { client } = await startWithClient();
    for (const args of [{}, { scope: 'all' }, { scope: 'mine' }, { taskId: 't' }]) {
      expect(await metrics(client, args)).toEqual(NOTHING);
    }
  });

  test('sums a session, its tasks, this MCP session and all, each exactly', async () => {
    const harness = await startHarness();
    const [client, other] = [await harness.connect(), await harness.connect()];
    const a = await harness.busy(client, { taskId: 't' });
    await client.call('link_task', { sessionId: a.sessionId, taskId: 'u' });
    const b = await harness.busy(client, { taskId: 't' });
    const c = await harness.busy(other, { taskId: 'u' });
    await finish(client, a, 1);
    await finish(client, b, 10);
    await finish(client, c, 100);
    const idle = { ...NOTHING, totalSessions: 1, activeSessions: 1, completedTurns: 1 };
    const two = { ...idle, totalSessions: 2, activeSessions: 2, completedTurns: 2 };
    const three = { ...idle, totalSessions: 3, activeSessions: 3, completedTurns: 3 };
    for (const [args, expected] of [
      [{ sessionId: a.sessionId }, { ...idle, ...usage(1) }],
      [{ taskId: 't' }, { ...two, ...usage(11), costUsd: 1.1 }],
      [{ taskId: 'u' }, { ...two, ...usage(101), costUsd: 10.1 }],
      [{ scope: 'mine' }, { ...two, ...usage(11), costUsd: 1.1 }],
      [{ scope: 'all' }, { ...three, ...usage(111), costUsd: 11.1 }],
      [{}, { ...three, ...usage(111), costUsd: 11.1 }],
    ] as const) {
      expect(await metrics(client, args)).toEqual(expected);
    }
    expect(await metrics(other, { scope: 'mine' })).toEqual({ ...idle, ...usage(100) });
    await client.call('unlink_task', { sessionId: b.sessionId, taskId: 't' });
    expect(await metrics(client, { taskId: 't' })).toEqual({ ...idle, ...usage(1) });
  });

  test('sums each model by itself, in every scope and over a restart', async () => {
    const { harness, client } = await startWithClient();
    const [a, b] = [await harness.busy(client, { taskId: 't' }), await harness.busy(client)];
    const end = async (busy: Busy, parts: Record<string, Usage>) => {
      busy.run.finish({ usage: totalOf(parts), usageByModel: parts });
      await settle(client, busy.sessionId);
    };
    await end(a, { large: usage(1), small: usage(10) });
    await end(b, { large: usage(100) });
    const byModel = async (args: object) =>
      (await (await harness.connect()).call('get_metrics', { ...args })).usageByModel;
    const ofA = { large: usage(1), small: usage(10) };
    const all = { large: { ...usage(101), costUsd: 10.1 }, small: usage(10) };
    expect(await byModel({ sessionId: a.sessionId })).toEqual(ofA);
    expect(await byModel({ taskId: 't' })).toEqual(ofA);
    expect(await byModel({ scope: 'all' })).toEqual(all);
    expect(await byModel({ scope: 'mine' })).toBeUndefined();
    await harness.reopen();
    expect(await byModel({})).toEqual(all);
    const again = await harness.connect();
    await again.call('unlink_task', { sessionId: a.sessionId, taskId: 't' });
    expect(await byModel({ taskId: 't' })).toBeUndefined();
  });

  test('counts what is busy, queued, asked and failed while it is so', async () => {
    const { harness, client, sessionId, run } = await startBusy();
    await client.call('send_prompt', { sessionId, prompt: 'b' });
    void run.ask();
    await client.call('wait_sessions', { sessionIds: [sessionId] });
    const busy = { ...NOTHING, totalSessions: 1, activeSessions: 1, busySessions: 1 };
    expect(await metrics(client)).toEqual({ ...busy, queuedTurns: 1, pendingPermissions: 1 });
    run.finish({ state: 'failed', usage: usage(2) });
    await harness.running(sessionId, 2);
    expect(await metrics(client)).toEqual({ ...busy, failedTurns: 1, ...usage(2) });
    run.finish({ state: 'interrupted', usage: usage(1) });
    await settle(client, sessionId);
    expect(await metrics(client)).toEqual({
      ...busy,
      busySessions: 0,
      failedTurns: 1,
      ...usage(3),
      costUsd: 0.3,
    });
  });

  test('counts a session that cannot be run as an error and not as active, until it can', async () => {
    const { harness, client } = await startWithClient();
    harness.runner.failNextStart();
    const sessionId = await client.create({ prompt: 'go' });
    await settle(client, sessionId);
    const failed = { ...NOTHING, totalSessions: 1, failedTurns: 1 };
    expect(await metrics(client)).toEqual({ ...failed, errorSessions: 1 });
    await client.call('send_prompt', { sessionId, prompt: 'again' });
    await harness.running(sessionId);
    expect(await metrics(client)).toEqual({ ...failed, activeSessions: 1, busySessions: 1 });
  });

  test('keeps ended sessions in the total, and their mean duration in milliseconds', async () => {
    const { harness, client } = await startWithClient();
    const lived: number[] = [];
    for (const ms of [1000, 3000]) {
      const sessionId = await client.create({ taskId: 't' });
      harness.pass(ms);
      const ended = await client.call('end_session', { sessionId });
      const { createdAt, endedAt } = ended.session;
      lived.push(Date.parse(endedAt ?? '') - Date.parse(createdAt));
      expect(await metrics(client, { sessionId })).toHaveProperty(
        'averageSessionDuration',
        lived.at(-1),
      );
    }
    await client.call('create_session', { taskId: 't' });
    const [first = 0, second = 0] = lived;
    expect(first).toBeGreaterThanOrEqual(1000);
    expect(await metrics(client, { taskId: 't' })).toEqual({
      ...NOTHING,
      totalSessions: 3,
      activeSessions: 1,
      averageSessionDuration: (first + second) / 2,
    });
  });

  test('survives a restart to the last cent, and never goes backwards', async () => {
    const { harness, client } = await startWithClient();
    const busy = await harness.busy(client, { taskId: 't' });
    for (let turn = 1; turn <= 10; turn += 1) {
      await client.call('send_prompt', { sessionId: busy.sessionId, prompt: 'on' });
      busy.run.finish({ usage: usage(1) });
      await harness.running(busy.sessionId, turn + 1);
    }
    await finish(client, busy, 1);
    const before = await metrics(client);
    expect(before).toMatchObject({ completedTurns: 11, costUsd: 1.1, outputTokens: 22 });
    await harness.reopen();
    const again = await harness.connect();
    expect(await metrics(again)).toEqual(before);
    expect(await metrics(again, { taskId: 't' })).toEqual(before);
    expect(await metrics(again, { scope: 'mine' })).toEqual(NOTHING);
    await again.call('end_session', { sessionId: busy.sessionId });
    expect(await metrics(again)).toMatchObject({ completedTurns: 11, costUsd: 1.1 });
  });

  test.each([
    { sessionId: 'x', taskId: 't' },
    { taskId: 't', scope: 'all' },
    { sessionId: 'x', scope: 'mine' },
  ])('refuses %j: one scope at a time', async (args) => {
    const { client } = await startWithClient();
    expect(await client.refusal('get_metrics', args)).toMatchObject({ code: 'INVALID_REQUEST' });
  });
});
