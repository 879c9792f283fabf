/** Bounded waits for a condition, which is checked again whenever one of the sessions changes. */

import type { Store } from '../store/store.ts';
import { startTimer } from '../timer.ts';

type Wake = () => void;

export class Waiters {
  readonly #waiting = new Map<string, Set<Wake>>();
  readonly #closing = new AbortController();
  readonly #stop: () => void;

  constructor(store: Pick<Store, 'subscribe'>) {
    this.#stop = store.subscribe(({ sessions }) => this.wake(sessions));
  }

  /**
   * Resolves with what `look` returns as soon as that is not undefined, or with undefined after `waitMs` or when `signal`
   * aborts. `look` runs immediately and after every change of one of the sessions, never twice at a time.
   */
  async until<T>(
    sessionIds: readonly string[],
    look: () => Promise<T | undefined>,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    const change = new Signal();
    const wake = (): void => change.fire();
    const time = new AbortController();
    const timer = startTimer(waitMs, () => time.abort());
    const over = AbortSignal.any([signal, this.#closing.signal, time.signal]);
    over.addEventListener('abort', wake, { once: true });
    for (const id of sessionIds) this.#add(id, wake);
    try {
      for (;;) {
        const seen = change.next();
        const found = await look();
        if (found !== undefined || over.aborted) return found;
        await seen;
      }
    } finally {
      timer.cancel();
      over.removeEventListener('abort', wake);
      for (const id of sessionIds) this.#remove(id, wake);
    }
  }

  /** Makes the waits for these or all sessions look again. */
  wake(sessionIds: ReadonlySet<string> | 'any'): void {
    for (const id of sessionIds === 'any' ? [...this.#waiting.keys()] : sessionIds) {
      for (const wake of this.#waiting.get(id) ?? []) wake();
    }
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Ends every wait, as if its time were up. */
  close(): void {
    this.#stop();
    this.#closing.abort();
  }

  #add(sessionId: string, wake: Wake): void {
    const wakes = this.#waiting.get(sessionId) ?? new Set();
    this.#waiting.set(sessionId, wakes.add(wake));
  }

  #remove(sessionId: string, wake: Wake): void {
    const wakes = this.#waiting.get(sessionId);
    wakes?.delete(wake);
    if (wakes?.size === 0) this.#waiting.delete(sessionId);
  }
}

/** Remembers a change that comes before somebody waits for it. */
export class Signal {
  #resolve: () => void = () => {};

  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  fire(): void {
    this.#resolve();
  }
}
