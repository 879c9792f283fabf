import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { SessionManager } from '../../src/index.ts';
import { IdleOrder } from '../../src/manager/idle-order.ts';

const HELD = 50_000;

/** A manager that holds many sessions, made a millisecond apart, and counts the looks at their times. */
function manyHeld() {
  const count = { looks: 0 };
  let elapsedMs = 0;
  /** A number to whoever calculates with it, which counts how often that is. */
  const moment = (): number => {
    const value = elapsedMs;
    const counting = {
      valueOf: () => {
        count.looks += 1;
        return value;
      },
    };
    return counting as unknown as number;
  };
  const manager = new SessionManager({ clock: { now: () => 0, monotonic: moment } });
  const ids = Array.from({ length: HELD }, () => {
    elapsedMs += 1;
    return manager.createSession().id;
  });
  count.looks = 0;
  return { manager, ids, count };
}

/** How often a Map is walked through while `work` runs. */
function walksDuring(work: () => void): number {
  const names = ['values', 'entries', 'keys', 'forEach', Symbol.iterator] as const;
  const spies = names.map((name) => vi.spyOn(Map.prototype, name));
  onTestFinished(() => {
    vi.restoreAllMocks();
  });
  work();
  return spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
}

describe('what it costs, with many sessions held', () => {
  it('getMetrics looks at none of them', () => {
    const { manager, count } = manyHeld();
    const walks = walksDuring(() => {
      expect(manager.getMetrics()).toMatchObject({ totalSessions: HELD, activeSessions: HELD });
    });
    expect([walks, count.looks]).toEqual([0, 0]);
  });

  it('cleanupOldSessions looks at those that it ends and at one more', () => {
    const { manager, ids, count } = manyHeld();
    for (const id of ids.slice(2, 1000)) manager.updateActivity(id);
    for (const id of ids.slice(1000, 2000)) manager.updateStatus(id, 'busy');
    count.looks = 0;
    const walks = walksDuring(() => {
      expect(manager.cleanupOldSessions(HELD - 10)).toBe(2);
    });
    expect(walks).toBe(0);
    // Both times of an age, for each ended and the first that stays; and both of a duration.
    expect(count.looks).toBe(2 * 3 + 2 * 2);
    expect(manager.getMetrics().totalSessions).toBe(HELD);
  });

  it('a change to one touches no more than its neighbours', () => {
    const order = new IdleOrder<Node>();
    const touched = new Set<number>();
    const nodes = Array.from({ length: HELD }, (_, index) => new Node(index, touched));
    for (const node of nodes) order.add(node);
    touched.clear();
    const middle = nodes[HELD / 2];
    if (middle === undefined) throw new Error('no node');
    order.remove(middle);
    order.add(middle);
    expect([...touched].sort((a, b) => a - b)).toEqual(
      [HELD / 2 - 1, HELD / 2, HELD / 2 + 1, HELD - 1].sort((a, b) => a - b),
    );
  });
});

/** Notes when its links are read or set. */
class Node {
  readonly #index: number;
  readonly #touched: Set<number>;
  #older: Node | undefined;
  #newer: Node | undefined;

  constructor(index: number, touched: Set<number>) {
    this.#index = index;
    this.#touched = touched;
  }

  get older(): Node | undefined {
    this.#touched.add(this.#index);
    return this.#older;
  }

  set older(node: Node | undefined) {
    this.#touched.add(this.#index);
    this.#older = node;
  }

  get newer(): Node | undefined {
    this.#touched.add(this.#index);
    return this.#newer;
  }

  set newer(node: Node | undefined) {
    this.#touched.add(this.#index);
    this.#newer = node;
  }
}
