import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CHANGE_SLACK_MS, CHANGES_PAGE, NOTIFY_MS } from '../../src/process-limits.ts';
import { type Change, Changes } from '../../src/service/changes.ts';
import type { ActivityQuery, SessionMark } from '../../src/store/queries.ts';
import type { Store } from '../../src/store/store.ts';

const START = Date.UTC(2026, 0, 1);

beforeEach(() => {
  vi.useFakeTimers({ now: START });
});

afterEach(() => {
  vi.useRealTimers();
});

/** What a store knows of activity, and nothing else; its clock is that of the fake timers. */
class Activity implements Pick<Store, 'subscribe' | 'activity'> {
  readonly marks = new Map<string, SessionMark & { principal: string }>();
  readonly queries: ActivityQuery[] = [];
  readonly listeners = new Set<Parameters<Store['subscribe']>[0]>();
  error: Error | undefined;

  subscribe(listener: Parameters<Store['subscribe']>[0]): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  async activity(query: ActivityQuery): Promise<readonly SessionMark[]> {
    this.queries.push(query);
    if (this.error !== undefined) throw this.error;
    const { principal, after, limit } = query;
    return [...this.marks.values()]
      .filter((mark) => mark.principal === principal && isAfter(mark, after))
      .sort((a, b) => (isAfter(a, b) ? 1 : -1))
      .slice(0, limit);
  }

  /** An event in the log of a session, which makes it where there was none. */
  write(id: string, { principal = 'alice', ends = false, at = Date.now() } = {}): void {
    const known = this.marks.get(id);
    this.marks.set(id, {
      id,
      principal,
      lastSeq: (known?.lastSeq ?? 0) + 1,
      createdAt: known?.createdAt ?? at,
      lastActivity: Math.max(known?.lastActivity ?? 0, at),
      ...(ends && { endedAt: at }),
    });
    for (const listener of this.listeners)
      listener({ sessions: new Set([id]), work: false, orders: false });
  }
}

type Place = { readonly lastActivity: number; readonly id: string };

function isAfter(a: Place, b: Place): boolean {
  return a.lastActivity === b.lastActivity ? a.id > b.id : a.lastActivity > b.lastActivity;
}

function start(prepare: (store: Activity) => void = () => {}) {
  const store = new Activity();
  prepare(store);
  const warnings: unknown[] = [];
  const clock = { now: Date.now, monotonic: () => performance.now() };
  const log = { warn: (line: unknown) => void warnings.push(line) };
  const changes = new Changes({ store, clock, log });
  const told: Change[] = [];
  const stop = changes.follow('alice', (change) => told.push(change));
  return { store, changes, told, stop, warnings };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('changes', () => {
  test('are told at once, and then once in a while, each session once', async () => {
    const { store, told } = start((before) => before.write('a'));
    await pass(0);
    store.write('a');
    await pass(0);
    expect(told).toEqual([{ sessionIds: ['a'], listChanged: false }]);
    store.write('a');
    store.write('a');
    await pass(NOTIFY_MS - 1);
    expect(told).toHaveLength(1);
    await pass(1);
    expect(told.slice(1)).toEqual([{ sessionIds: ['a'], listChanged: false }]);
    await pass(10 * NOTIFY_MS);
    expect(told).toHaveLength(2);
  });

  test('of what was there before, and of another principal, are not told', async () => {
    const { store, told } = start((before) => before.write('a'));
    await pass(0);
    store.write('b', { principal: 'bob' });
    await pass(NOTIFY_MS);
    expect(told).toEqual([]);
    expect(new Set(store.queries.map(({ principal }) => principal))).toEqual(new Set(['alice']));
  });

  test('of the list are told when a session is made or ends, not when it goes on', async () => {
    const { store, told } = start();
    await pass(0);
    for (const ends of [false, false, true, false]) {
      store.write('a', { ends });
      await pass(NOTIFY_MS);
    }
    // Long after, too.
    await pass(10 * CHANGE_SLACK_MS);
    store.write('b', { principal: 'bob' });
    store.write('a');
    await pass(NOTIFY_MS);
    expect(told.map(({ listChanged }) => listChanged)).toEqual([true, false, true, false, false]);
  });

  test('are all told, however many come at once', async () => {
    const { store, told } = start();
    await pass(0);
    const ids = Array.from({ length: 2 * CHANGES_PAGE + 1 }, (_, n) => `s${n}`);
    for (const id of ids) store.write(id);
    await pass(2 * NOTIFY_MS);
    const heard = told.flatMap(({ sessionIds }) => sessionIds);
    expect(heard.sort()).toEqual(ids.sort());
  });

  test('that are stamped before they are seen, or after the clock was set back, are told', async () => {
    const { store, told } = start();
    await pass(0);
    store.write('a');
    await pass(NOTIFY_MS);
    store.write('late', { at: Date.now() - CHANGE_SLACK_MS / 2 });
    await pass(NOTIFY_MS);
    vi.setSystemTime(START - 3_600_000);
    store.write('back');
    await pass(2 * NOTIFY_MS);
    const heard = told.flatMap(({ sessionIds }) => sessionIds);
    expect(heard).toEqual(expect.arrayContaining(['a', 'late', 'back']));
  });

  test('wait for a store that fails, and are not lost', async () => {
    const { store, told, warnings } = start();
    await pass(0);
    store.error = new Error('disk');
    store.write('a');
    await pass(NOTIFY_MS);
    expect(warnings).toHaveLength(1);
    store.error = undefined;
    store.write('b');
    await pass(NOTIFY_MS);
    expect(told.flatMap(({ sessionIds }) => sessionIds).sort()).toEqual(['a', 'b']);
  });

  test('are looked up once for all who follow, and for nobody when they have left', async () => {
    const { store, changes, told, stop } = start();
    const others: Change[] = [];
    const stopOther = changes.follow('alice', (change) => others.push(change));
    await pass(0);
    const before = store.queries.length;
    store.write('a');
    await pass(0);
    expect(store.queries).toHaveLength(before + 1);
    expect(others).toEqual(told);
    stop();
    stopOther();
    store.write('a');
    await pass(NOTIFY_MS);
    expect(store.queries).toHaveLength(before + 1);
    changes.close();
    expect(store.listeners.size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
