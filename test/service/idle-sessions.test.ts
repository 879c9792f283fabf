import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Settings } from '../../src/config.ts';
import { BACKGROUND_HOLD_MS_MAX, EVICTION_MS_MAX, LEFT_LOOK_MS } from '../../src/process-limits.ts';
import { startHarness } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';
import type { ScriptedRun } from '../support/scripted-runner.ts';

const LONG_MS = 50_000;

async function start(settings: Partial<Settings> = {}) {
  const harness = await startHarness({ settings });
  return { harness, client: await harness.connect() };
}

const isAlive = (run: ScriptedRun) => !run.isClosed;

async function rest(client: TestClient, ...sessionIds: string[]): Promise<void> {
  await client.call('wait_sessions', { sessionIds, for: 'all', waitMs: LONG_MS });
}

describe('idle processes', () => {
  test('that run background tasks stay while their place is not needed, up to a bound', async () => {
    const { harness, client } = await start({ idleEvictMs: 10 });
    const [kept, last] = [await harness.busy(client), await harness.busy(client)];
    kept.run.tasks(2);
    kept.run.finish();
    await rest(client, kept.sessionId);
    // Went idle later, and is evicted when its own time is up.
    last.run.finish();
    await harness.runner.waitFor((run) => run === last.run && run.isClosed);
    expect(kept.run.isClosed).toBe(false);
    harness.pass(BACKGROUND_HOLD_MS_MAX);
    await harness.runner.waitFor((run) => run === kept.run && run.isClosed);
    const args = { sessionId: kept.sessionId, after: 4, waitMs: LONG_MS };
    expect((await client.call('read_events', args)).events).toMatchObject([
      { type: 'notice', text: '2 background tasks were stopped with the idle process' },
    ]);
  });

  test.each([
    ['programs', ['python3']],
    ['something unseen', new Error('EMFILE')],
  ] as const)(
    'that have left %s running stay while their place is not needed, up to a bound',
    async (_, left) => {
      const { harness, client } = await start({ idleEvictMs: 10 });
      const [kept, last] = [await harness.busy(client), await harness.busy(client)];
      kept.run.left = left;
      kept.run.finish();
      await rest(client, kept.sessionId);
      last.run.finish();
      await harness.runner.waitFor((run) => run === last.run && run.isClosed);
      expect(kept.run.isClosed).toBe(false);
      harness.pass(BACKGROUND_HOLD_MS_MAX);
      await harness.runner.waitFor((run) => run === kept.run && run.isClosed);
    },
  );

  test('whose programs have come to their end are evicted when their time is up', async () => {
    const { harness, client } = await start({ idleEvictMs: 10 });
    const { sessionId, run } = await harness.busy(client);
    run.left = ['make'];
    run.finish();
    await rest(client, sessionId);
    run.left = [];
    harness.pass(LEFT_LOOK_MS);
    await harness.runner.waitFor((one) => one === run && one.isClosed);
  });

  test.each<[string, (run: ScriptedRun) => void]>([
    ['have left programs running', (run) => (run.left = ['python3'])],
    ['run background tasks', (run) => run.tasks(1)],
  ])('that %s make room last, and not before their idle time is up', async (_what, occupy) => {
    const { harness, client } = await start({ maxLive: 2 });
    const [kept, other] = [await harness.busy(client), await harness.busy(client)];
    occupy(kept.run);
    kept.run.finish();
    await rest(client, kept.sessionId);
    other.run.finish();
    await rest(client, other.sessionId);
    const next = await harness.busy(client);
    expect([kept.run, other.run].map(isAlive)).toEqual([true, false]);
    const { session } = await client.call('create_session', { prompt: 'waits' });
    await client.call('link_task', { sessionId: next.sessionId, taskId: 'a' });
    expect(isAlive(kept.run)).toBe(true);
    harness.pass(harness.settings.idleEvictMs);
    await client.call('create_session', { prompt: 'waits too' });
    await harness.running(session.id);
    expect(isAlive(kept.run)).toBe(false);
  });

  test('whose process cannot be ended hold up the turns of others for a bounded time', async () => {
    const { harness, client } = await start({ maxLive: 2 });
    const [stuck, other] = [await harness.busy(client), await harness.busy(client)];
    const asked = Promise.withResolvers<void>();
    const end = Promise.withResolvers<void>();
    stuck.run.close = async () => {
      asked.resolve();
      await end.promise;
      stuck.run.exit();
    };
    for (const { run, sessionId } of [stuck, other]) {
      run.finish();
      await rest(client, sessionId);
      harness.pass(1);
    }
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { session } = await client.call('create_session', { prompt: 'waits' });
    await asked.promise;
    await vi.advanceTimersByTimeAsync(EVICTION_MS_MAX);
    await harness.running(session.id);
    expect([stuck.run, other.run].map(isAlive)).toEqual([true, false]);
    end.resolve();
  });
});
