import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Waiters } from '../../src/service/waiters.ts';
import type { News } from '../../src/store/store.ts';

const NEVER = new AbortController().signal;
const LONG_MS = 50_000;
const DAY_MS = 86_400_000;

type Listener = (news: News) => void;

/** A store of which a wait sees only that it tells what changed. */
function bell() {
  const listeners = new Set<Listener>();
  const subscribe = (listener: Listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const ring = (...ids: string[]) => {
    const sessions = ids.length === 0 ? 'any' : new Set(ids);
    for (const tell of listeners) tell({ sessions, work: false, orders: false });
  };
  return { store: { subscribe }, ring, listeners };
}

describe('a wait', () => {
  test('answers at once with what is there already', async () => {
    const { store } = bell();
    const waiters = new Waiters(store);
    expect(await waiters.until(['a'], async () => 'here', LONG_MS, NEVER)).toBe('here');
  });

  test('looks again only for a change of a session it watches, or for one that may be any', async () => {
    const { store, ring } = bell();
    const waiters = new Waiters(store);
    let looks = 0;
    const looked = new Set<() => void>();
    const look = async () => {
      looks += 1;
      for (const tell of looked) tell();
      return looks === 4 ? 'done' : undefined;
    };
    const nextLook = () => new Promise<void>((resolve) => looked.add(resolve));
    const waiting = waiters.until(['a', 'b'], look, LONG_MS, NEVER);
    await waiters.until(['z'], async () => true, LONG_MS, NEVER);
    ring('c');
    expect(looks).toBe(1);
    for (const change of [['b'], ['c', 'a'], []]) {
      const again = nextLook();
      ring(...change);
      await again;
    }
    expect(await waiting).toBe('done');
    expect(looks).toBe(4);
  });

  test('lasts as long as it is to, longer than a timer of Node can wait', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { store, ring } = bell();
    const waiters = new Waiters(store);
    let isOver = false;
    const waiting = waiters.until(['a'], async () => undefined, 40 * DAY_MS, NEVER);
    void waiting.then(() => {
      isOver = true;
    });
    await vi.advanceTimersByTimeAsync(40 * DAY_MS - 1);
    ring('a');
    await vi.advanceTimersByTimeAsync(0);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await waiting).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('ends without an answer when its time is up, its caller gives up, or the server stops', async () => {
    const { store } = bell();
    const look = async () => undefined;
    const waiters = new Waiters(store);
    expect(await waiters.until(['a'], look, 5, NEVER)).toBeUndefined();
    const giveUp = new AbortController();
    const given = waiters.until(['a'], look, LONG_MS, giveUp.signal);
    giveUp.abort();
    expect(await given).toBeUndefined();
    expect(await waiters.until(['a'], look, LONG_MS, giveUp.signal)).toBeUndefined();
    const stopped = waiters.until(['a'], look, LONG_MS, NEVER);
    waiters.close();
    expect(await stopped).toBeUndefined();
    expect(waiters.isClosed).toBe(true);
  });

  test('that began while the server stops still looks once', async () => {
    const { store } = bell();
    const waiters = new Waiters(store);
    waiters.close();
    expect(await waiters.until(['a'], async () => 'here', LONG_MS, NEVER)).toBe('here');
    expect(await waiters.until(['a'], async () => undefined, LONG_MS, NEVER)).toBeUndefined();
  });

  test('fails with what its look fails with, and the others go on', async () => {
    const { store, ring } = bell();
    const waiters = new Waiters(store);
    let isBroken = false;
    const broken = waiters.until(
      ['a'],
      async () => {
        if (isBroken) throw new Error('gone');
        return undefined;
      },
      LONG_MS,
      NEVER,
    );
    const other = waiters.until(['a'], async () => (isBroken ? 'here' : undefined), LONG_MS, NEVER);
    isBroken = true;
    ring('a');
    await expect(broken).rejects.toThrow('gone');
    expect(await other).toBe('here');
  });

  test('stops listening to the store when the server stops', () => {
    const { store, listeners } = bell();
    const waiters = new Waiters(store);
    expect(listeners.size).toBe(1);
    waiters.close();
    expect(listeners.size).toBe(0);
  });
});

describe('whenever a change comes', () => {
  const change = fc.record({
    ids: fc.subarray(['a', 'b', 'c'], { minLength: 0 }),
    adds: fc.integer({ min: 0, max: 2 }),
  });

  test('no wait misses it: each ends as soon as what it waits for is there', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(change, { maxLength: 8 }),
        fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 }),
        async (scheduler, changes, wanted) => {
          const { store, ring } = bell();
          const waiters = new Waiters(store);
          const count = { a: 0 };
          // A look reads at one moment and answers at another; changes come between.
          const look = (enough: number) => async () => {
            const seen = count.a;
            await scheduler.schedule(Promise.resolve(), 'look');
            return seen >= enough ? seen : undefined;
          };
          const waits = wanted.map((enough) =>
            waiters.until(['a', 'b'], look(enough), LONG_MS, NEVER),
          );
          scheduler.scheduleSequence([
            ...changes.map(({ ids, adds }) => async () => {
              count.a += adds;
              ring(...new Set([...ids, ...(adds > 0 ? ['a'] : ['c'])]));
            }),
            // At the end everybody has had enough, by a change that another process made.
            async () => {
              count.a += 4;
              ring();
            },
          ]);
          const found = await scheduler.waitFor(Promise.all(waits));
          for (const [index, seen] of found.entries()) {
            expect(seen).toBeGreaterThanOrEqual(wanted[index] ?? 0);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
