import { expect, test, vi } from 'vitest';
import { SessionError } from '../../src/errors.ts';
import { LocalSessions } from '../../src/service/local-sessions.ts';
import { SessionWriter } from '../../src/service/session-writer.ts';
import type { Store } from '../../src/store/store.ts';
import { type Harness, overriding, startHarness } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';
import type { ScriptedRun } from '../support/scripted-runner.ts';

type Going = {
  readonly client: TestClient;
  readonly sessionId: string;
  readonly turnId: string;
  /** Lets the process be gone. */
  go(): void;
};

/** A session whose process is just going while its next turn has been claimed. */
async function going(harness: Harness, atWork = (_run: ScriptedRun) => {}): Promise<Going> {
  const client = await harness.connect();
  const { sessionId, run } = await harness.busy(client);
  const { promise: gone, resolve: go } = Promise.withResolvers<void>();
  run.close = () => gone;
  atWork(run);
  run.finish();
  await client.call('wait_sessions', { sessionIds: [sessionId] });
  run.listener.exited();
  const { turn } = await client.call('send_prompt', { sessionId, prompt: 'next' });
  await vi.waitFor(async () => {
    expect((await harness.store.turn(sessionId, turn.id))?.state).toBe('running');
  });
  return { client, sessionId, turnId: turn.id, go };
}

test('a turn that waits for an old process to go is not started by a server that stops', async () => {
  const harness = await startHarness();
  const { client, sessionId, turnId, go } = await going(harness);
  const { runner } = harness;
  await client.disconnect();
  const reopened = harness.reopen();
  go();
  await reopened;
  expect(runner.specs).toHaveLength(1);
  // The next server runs it.
  expect((await harness.running(sessionId)).turnId).toBe(turnId);
});

test('a turn that waits for an old process to go can be interrupted', async () => {
  const harness = await startHarness();
  const { client, sessionId, turnId, go } = await going(harness);
  const interrupted = client.call('interrupt_session', { sessionId });
  await new Promise((resolve) => setImmediate(resolve));
  go();
  expect((await interrupted).turn).toMatchObject({ id: turnId, state: 'interrupted' });
  expect(harness.runner.runs.flatMap(({ prompts }) => prompts)).toHaveLength(1);
});

test('a process that could not be ended is killed before the next turn of its session starts', async () => {
  const harness = await startHarness({ mayLogErrors: true });
  const client = await harness.connect();
  const { sessionId, run } = await harness.busy(client);
  const { promise, reject } = Promise.withResolvers<void>();
  run.close = () => promise;
  run.finish();
  await client.call('wait_sessions', { sessionIds: [sessionId] });
  run.listener.exited();
  const { turn } = await client.call('send_prompt', { sessionId, prompt: 'next' });
  reject(new Error('EPERM'));
  const next = await harness.runner.waitFor(({ turnId }) => turnId === turn.id);
  expect(next).not.toBe(run);
  expect(harness.killed).toEqual([run.process]);
});

test('what fails for a process that is gone does not stop the one that followed it', async () => {
  const failing = Promise.withResolvers<void>();
  const harness = await startHarness({
    mayLogErrors: true,
    store: (store) =>
      overriding(store, {
        requests: async () => {
          await failing.promise;
          throw new SessionError('UNAVAILABLE', 'the disk is full');
        },
      }),
  });
  const { turnId, go } = await going(harness, (run) => void run.ask());
  go();
  const next = await harness.runner.waitFor((run) => run.turnId === turnId);
  failing.resolve();
  await vi.waitFor(() => {
    expect(harness.logged.some(({ msg }) => msg.includes('permission request'))).toBe(true);
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(next.isClosed).toBe(false);
});

test('a session that is at work stays known, whatever an old object of it still does', () => {
  const local = new LocalSessions();
  const old = local.at('a');
  old.tidy();
  const now = local.at('a');
  now.holds += 1;
  old.tidy();
  expect(local.get('a')).toBe(now);
});

test('a turn that was claimed is not taken for an abandoned one before its claim is answered', async () => {
  const claimed = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const looked = Promise.withResolvers<void>();
  let isClaimed = false;
  const harness = await startHarness({
    store: (store) =>
      overriding<Store>(store, {
        claim: async (...args) => {
          const claim = await store.claim(...args);
          if (typeof claim !== 'object') return claim;
          isClaimed = true;
          claimed.resolve();
          await answer.promise;
          return claim;
        },
        leases: async (sessionId) => {
          const leases = await store.leases(sessionId);
          if (isClaimed) looked.resolve();
          return leases;
        },
      }),
  });
  const client = await harness.connect();
  const { session } = await client.call('create_session', { prompt: 'go' });
  await claimed.promise;
  await looked.promise;
  await new Promise((resolve) => setTimeout(resolve, 50));
  answer.resolve();
  await harness.running(session.id);
  expect(harness.logged.map(({ msg }) => msg)).not.toContain('session taken over');
});

test('an idle process that was at work again while its programs were looked for keeps its whole time', async () => {
  const harness = await startHarness({ settings: { idleEvictMs: 100 } });
  const client = await harness.connect();
  const { sessionId, run } = await harness.busy(client);
  const looking = Promise.withResolvers<void>();
  const names = Promise.withResolvers<readonly string[]>();
  run.leftRunning = () => {
    looking.resolve();
    return names.promise;
  };
  run.finish();
  await looking.promise;
  await client.call('send_prompt', { sessionId, prompt: 'more' });
  await harness.running(sessionId, 2);
  run.finish();
  await client.call('wait_sessions', { sessionIds: [sessionId] });
  names.resolve([]);
  await client.call('send_prompt', { sessionId, prompt: 'and more' });
  expect(await harness.running(sessionId, 3)).toBe(run);
});

test('all that several turns of Claude cost which are told as part of another is counted', () => {
  const writer = new SessionWriter({
    store: {} as Store,
    fence: { sessionId: 's', owner: 'me', epoch: 1 },
    failed: () => {},
  });
  const usage = (costUsd: number) => {
    const tokens = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };
    return { state: 'completed', usageByModel: { opus: { ...tokens, costUsd } } } as never;
  };
  writer.fold('first');
  writer.unfold('first', usage(1));
  writer.fold('second');
  writer.unfold('second', usage(2));
  expect(writer.unfold('own', usage(4))?.usage?.costUsd).toBe(7);
});
