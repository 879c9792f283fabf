import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { SessionError } from '../../src/errors.ts';
import { STOP_MS_MAX } from '../../src/process-limits.ts';
import type { Store } from '../../src/store/store.ts';
import { type Harness, overriding, startHarness } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';
import type { ScriptedRun } from '../support/scripted-runner.ts';

const FULL = new SessionError('UNAVAILABLE', 'the disk of the state directory is full');
const NOTHING = 'nothing';

/** What Claude has been told by the time everything under way has been done. */
async function told(reply: Promise<unknown>): Promise<unknown> {
  await new Promise((resolve) => setImmediate(resolve));
  return Promise.race([reply, Promise.resolve(NOTHING)]);
}

type Asked = { run: ScriptedRun; client: TestClient; sessionId: string; reply: Promise<unknown> };

/** A session whose turn waits for an answer, and whose Claude would go on with any. */
async function asking(harness: Harness): Promise<Asked> {
  const client = await harness.connect();
  const { sessionId, run } = await harness.busy(client);
  const reply = run.ask({ toolName: 'Write' });
  await client.call('wait_sessions', { sessionIds: [sessionId], waitMs: 20_000 });
  return { run, client, sessionId, reply };
}

/** A store whose methods fail while they are said to. */
async function failing(): Promise<{ harness: Harness; fail: Partial<Store> }> {
  const fail: Partial<Store> = {};
  const harness = await startHarness({
    mayLogErrors: true,
    store: (store) =>
      overriding(store, {
        append: (...args) => (fail.append ?? store.append.bind(store))(...args),
        requests: (...args) => (fail.requests ?? store.requests.bind(store))(...args),
      }),
  });
  return { harness, fail };
}

async function lastTurn(client: TestClient, sessionId: string): Promise<unknown> {
  const { events } = await client.call('read_events', { sessionId, limit: 500 });
  return events.findLast(({ type }) => type === 'turn_ended')?.turn;
}

describe('a question that is open', () => {
  test('is not answered by a server that stops; its turn is interrupted', async () => {
    const harness = await startHarness();
    const { run, sessionId, reply } = await asking(harness);
    await harness.reopen();
    expect(await told(reply)).toBe(NOTHING);
    expect(run.isClosed).toBe(true);
    const client = await harness.connect();
    expect(await lastTurn(client, sessionId)).toMatchObject({ state: 'interrupted' });
  });

  test('is stopped before the server waits for anything else', async () => {
    const harness = await startHarness();
    const { run, reply } = await asking(harness);
    const other = await harness.busy(await harness.connect());
    const order: string[] = [];
    other.run.close = async () => {
      order.push('the other one is asked to go');
      await harness.runner.waitFor(({ isClosed }) => isClosed);
      order.push(run.isClosed ? 'this one is gone' : 'none is gone');
      other.run.exit({ state: 'interrupted' });
    };
    await harness.close();
    expect(order).toEqual(['the other one is asked to go', 'this one is gone']);
    expect(await told(reply)).toBe(NOTHING);
  });

  test('that is put while the server stops is not answered', async () => {
    const harness = await startHarness();
    const client = await harness.connect();
    const { run } = await harness.busy(client);
    let reply: Promise<unknown> = Promise.resolve();
    run.close = async () => {
      reply = run.ask();
      run.exit({ state: 'interrupted' });
    };
    await harness.close();
    expect(await told(reply)).toBe(NOTHING);
  });

  test('is not answered where its session is ended', async () => {
    const harness = await startHarness();
    const { run, client, sessionId, reply } = await asking(harness);
    // As where another server ends it: the log has the end before this one hears of it.
    run.close = async () => {};
    run.interrupt = async () => {};
    await harness.store.append(sessionId, { type: 'end', reason: 'over' });
    expect(await told(reply)).toBe(NOTHING);
    expect((await client.call('get_session', { sessionId })).session.status).toBe('terminated');
  });

  test.each(['append', 'requests'] as const)(
    'is not answered where the store fails (%s): its turn is lost and says why',
    async (method) => {
      const { harness, fail } = await failing();
      const client = await harness.connect();
      const { sessionId, run } = await harness.busy(client);
      const refuse = () => Promise.reject(FULL);
      if (method === 'append') fail.append = refuse;
      else fail.requests = refuse;
      run.close = async () => {
        delete fail.append;
        run.exit({ state: 'interrupted' });
      };
      const reply = run.ask();
      await harness.runner.waitFor(({ isClosed }) => isClosed);
      await client.call('wait_sessions', { sessionIds: [sessionId], waitMs: 20_000 });
      expect(await told(reply)).toBe(NOTHING);
      expect(await lastTurn(client, sessionId)).toMatchObject({
        state: 'lost',
        error: { code: 'UNAVAILABLE', message: expect.stringContaining(FULL.message) },
      });
      const { session } = await client.call('get_session', { sessionId });
      expect(session).toMatchObject({ status: 'ready', pendingPermissions: 0 });
    },
  );

  test('whose time runs out while the store fails is not answered', async () => {
    const fail: { append?: () => Promise<never> } = {};
    const harness = await startHarness({
      mayLogErrors: true,
      settings: { permissionTimeoutMs: 200 },
      store: (store) =>
        overriding(store, { append: (...args) => fail.append?.() ?? store.append(...args) }),
    });
    const { run, reply } = await asking(harness);
    fail.append = () => Promise.reject(FULL);
    await harness.runner.waitFor(({ isClosed }) => isClosed);
    expect(run.isClosed).toBe(true);
    expect(await told(reply)).toBe(NOTHING);
    delete fail.append;
  });
});

describe('a turn whose process cannot be ended', () => {
  test.each<[string, (asked: Asked) => Promise<unknown>]>([
    [
      'interrupt_session',
      ({ client, sessionId }) => client.refusal('interrupt_session', { sessionId }),
    ],
    ['end_session', ({ client, sessionId }) => client.refusal('end_session', { sessionId })],
  ])('has %s answered in bounded time', async (_, call) => {
    const harness = await startHarness();
    const asked = await asking(harness);
    const { run } = asked;
    const stuck = Promise.withResolvers<void>();
    const end = Promise.withResolvers<void>();
    run.interrupt = run.close = async () => {
      stuck.resolve();
      await end.promise;
      run.exit({ state: 'interrupted' });
    };
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const refusal = call(asked);
    await stuck.promise;
    await vi.advanceTimersByTimeAsync(STOP_MS_MAX);
    expect(await refusal).toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('STOP_MS_MAX'),
    });
    end.resolve();
  });
});
