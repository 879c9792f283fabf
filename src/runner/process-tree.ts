/** The process of a run with everything that it has started: how it ends. */

import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { KILL_AGAIN_MS } from '../limits.ts';
import type { ProcessIdentity } from '../session/process.ts';
import { type GuardedProcess, identify, killTree } from './process.ts';

export class ProcessTree {
  readonly identity: ProcessIdentity;
  /** Resolves when the root has exited, or could not be started. */
  readonly exit: Promise<unknown>;
  /** The operating system's error, if it has not started the root. */
  notStarted: unknown;
  readonly #child: GuardedProcess['child'];

  constructor({ child }: GuardedProcess, marker: string) {
    this.identity = identify(child.pid ?? 0, marker);
    this.#child = child;
    // A command that could not be started has an error and no exit; `once` rejects on the one, resolves on the other.
    this.exit = once(child, 'exit').catch((error: unknown) => {
      this.notStarted = error;
    });
  }

  /**
   * Kills all of it. Returns false if some of it may live on: it cannot be ended now, or not be looked for. The root is
   * ended in any case: it is our child, so that takes no look at the process table.
   */
  async kill(): Promise<boolean> {
    if (this.#child.pid === undefined) return true;
    this.#child.kill('SIGKILL');
    return await killTree(this.identity);
  }

  /** Kills it again and again until all of it is gone. */
  async untilGone(): Promise<void> {
    do await sleep(KILL_AGAIN_MS);
    while (!(await this.kill()));
  }
}
