/** Tells listeners of commits: of ours at once, of other processes' while somebody listens. */

import type { Logger } from '../log.ts';
import type { Commit, News, Observer } from './store.ts';

/** Nobody can say what changed. */
export const ANYTHING: News = { sessions: 'any', work: true, orders: true };

export type Listener = (news: News) => void;

export type ListenersOptions = {
  /** Begins to watch for the commits of other processes; returns what ends that. */
  readonly watch: (changed: Listener) => () => void;
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
    const entry: Listener = (news) => listener(news);
    this.#listeners.add(entry);
    this.#stopWatching ??= this.#options.watch((news) => this.#tell(news));
    return () => {
      this.#listeners.delete(entry);
      if (this.#listeners.size === 0) this.unwatch();
    };
  }

  observe(observer: Observer): void {
    this.#observers.push(observer);
  }

  committed(news: News, commit: Commit): void {
    for (const observer of this.#observers) this.#call(() => observer.committed?.(commit));
    this.#tell(news);
  }

  /** The database was opened anew: anything may have changed. */
  reopened(): void {
    this.#tell(ANYTHING);
    for (const observer of this.#observers) this.#call(() => observer.reopened?.());
  }

  clear(): void {
    this.#listeners.clear();
  }

  /** Stops listening to the commits of other processes. */
  unwatch(): void {
    this.#stopWatching?.();
    this.#stopWatching = undefined;
  }

  #tell(news: News): void {
    const { sessions, work, orders } = news;
    if (sessions !== 'any' && sessions.size === 0 && !work && !orders) return;
    for (const listener of [...this.#listeners]) this.#call(() => listener(news));
  }

  #call(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.#options.log?.error({ err: error }, 'a listener of the store failed');
    }
  }
}
