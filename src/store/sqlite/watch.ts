/** Notices the commits of other processes to the database. */

import { type FSWatcher, watch } from 'node:fs';
import { STORE_POLL_MS } from '../../process-limits.ts';
import { DATABASE_FILE } from './files.ts';

/**
 * The file event comes with the write, but the commit is visible only after its sync, for which there is no event. So
 * each event is followed by several looks, at these intervals in milliseconds.
 */
const LOOK_AFTER_MS: readonly number[] = [1, 2, 4, 8, 16, 32];

export type WatchDeps = {
  readonly directory: string;
  /** Differs after every commit of another process. */
  version(): number;
  changed(): void;
  failed(error: unknown): void;
};

/** Watches until the returned function is called. Never keeps the process alive. */
export function watchCommits(deps: WatchDeps): () => void {
  let seen = deps.version();
  const look = (): void => {
    try {
      const version = deps.version();
      if (version === seen) return;
      seen = version;
      deps.changed();
    } catch (error) {
      deps.failed(error);
    }
  };
  const soon = new RepeatedLook(look);
  // For events that are missing or late (macOS, containers); the watch makes it fast.
  const poll = setInterval(look, STORE_POLL_MS);
  poll.unref();
  const watcher = watchFiles(deps, () => soon.start());
  return () => {
    clearInterval(poll);
    soon.stop();
    watcher?.close();
  };
}

/** Watches the directory, since the `-wal` file comes and goes. Undefined if it cannot be watched. */
function watchFiles(deps: WatchDeps, onEvent: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(deps.directory, { persistent: false }, (_event, name) => {
      if (name === null || name.startsWith(DATABASE_FILE)) onEvent();
    });
    watcher.on('error', deps.failed);
    return watcher;
  } catch (error) {
    deps.failed(error);
    return undefined;
  }
}

class RepeatedLook {
  readonly #look: () => void;
  #timer: NodeJS.Timeout | undefined;
  #step = 0;

  constructor(look: () => void) {
    this.#look = look;
  }

  start(): void {
    this.#look();
    // Start over with the shortest interval: what has just been written must not wait for a long one.
    clearTimeout(this.#timer);
    this.#step = 0;
    this.#timer = this.#next();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #next(): NodeJS.Timeout | undefined {
    const delay = LOOK_AFTER_MS[this.#step];
    if (delay === undefined) return undefined;
    this.#step += 1;
    const timer = setTimeout(() => {
      this.#look();
      this.#timer = this.#next();
    }, delay);
    return timer.unref();
  }
}
