/** Those who are told of commits: of ours at once, of another process's while somebody listens. */

import type { Logger } from '../log.ts';
import type { Commit, Observer } from './store.ts';

/** Hears which sessions have changed; undefined where any may have. */
export type Listener = (sessionIds: ReadonlySet<string> | undefined) => void;

export type ListenersOptions = {
  /** Begins to watch for the commits of other processes; returns what ends that. */
  readonly watch: (changed: () => void) => () => void;
  readonly log: Pick<Logger, 'error'> | undefined;
};

export class Listeners {
  readonly #options: ListenersOptions;
  readonly #listeners = new Set<Listener>();
  readonly #observers: Observer[] = [];
  #stopWatching: (() => void) | undefined;

  constructor(options: ListenersOptions) {
    this.#options = options;
  }

  /** Returns the function that stops it. */
  add(listener: Listener): () => void {
    // An object of its own, so that a function given twice is called twice and stopped once.
    const entry: Listener = (sessionIds) => listener(sessionIds);
    this.#listeners.add(entry);
    this.#stopWatching ??= this.#options.watch(() => this.#tell(undefined));
    return () => {
      this.#listeners.delete(entry);
      if (this.#listeners.size === 0) this.unwatch();
    };
  }

  observe(observer: Observer): void {
    this.#observers.push(observer);
  }

  committed(sessionIds: ReadonlySet<string>, commit: Commit): void {
    for (const observer of this.#observers) this.#call(() => observer.committed?.(commit));
    if (sessionIds.size > 0) this.#tell(sessionIds);
  }

  /** The database was opened anew: anything may have changed. */
  reopened(): void {
    this.#tell(undefined);
    for (const observer of this.#observers) this.#call(() => observer.reopened?.());
  }

  clear(): void {
    this.#listeners.clear();
  }

  /** Nobody is told any more of what other processes write. */
  unwatch(): void {
    this.#stopWatching?.();
    this.#stopWatching = undefined;
  }

  #tell(sessionIds: ReadonlySet<string> | undefined): void {
    for (const listener of [...this.#listeners]) this.#call(() => listener(sessionIds));
  }

  #call(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.#options.log?.error({ err: error }, 'a listener of the store failed');
    }
  }
}
