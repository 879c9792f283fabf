/** The background tasks of one process: keeps them with the session for whoever looks at it, on any server. */

import { BACKGROUND_TASKS_SHOWN_MAX } from '../limits.ts';
import type { BackgroundTask } from '../session/background-task.ts';
import type { Fence } from '../store/store.ts';
import type { Parts } from './core.ts';

type BackgroundDeps = Pick<Parts, 'store' | 'log'> & { readonly fence: Fence };

export class Background {
  readonly #deps: BackgroundDeps;
  #tasks: readonly BackgroundTask[] = [];
  #isNoted = true;
  #isNoting = false;

  constructor(deps: BackgroundDeps) {
    this.#deps = deps;
  }

  get count(): number {
    return this.#tasks.length;
  }

  /** Replaces all of them; with none, also when another process takes the place of this one. */
  set(tasks: readonly BackgroundTask[]): void {
    if (tasks.length === 0 && this.count === 0) return;
    this.#tasks = tasks;
    this.#isNoted = false;
    if (!this.#isNoting) void this.#note();
  }

  /** One write at a time, of what they are by then. Never rejects: a session does not depend on it. */
  async #note(): Promise<void> {
    const { store, fence, log } = this.#deps;
    this.#isNoting = true;
    while (!this.#isNoted) {
      this.#isNoted = true;
      const tasks = this.#tasks.slice(0, BACKGROUND_TASKS_SHOWN_MAX);
      await store.note(fence, { tasks }).catch((err: unknown) => {
        log.debug({ err, sessionId: fence.sessionId }, 'background tasks could not be noted');
      });
    }
    this.#isNoting = false;
  }
}
