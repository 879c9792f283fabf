/** The process of a run with everything that it has started, and how it is killed. */

import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { KILL_AGAIN_MS } from '../limits.ts';
import type { ProcessIdentity } from '../session/process.ts';
import { type GuardedProcess, identify, type KillTree } from './process.ts';

export class ProcessTree {
  readonly identity: ProcessIdentity;
  /** Resolves when the root has exited, or could not be started. */
  readonly exit: Promise<unknown>;
  /** The operating system's error, if it has not started the root. */
  notStarted: unknown;
  readonly #child: GuardedProcess['child'];
  readonly #killTree: KillTree;

  constructor({ child }: GuardedProcess, marker: string, killTree: KillTree) {
    this.identity = identify(child.pid ?? 0, marker);
    this.#child = child;
    this.#killTree = killTree;
    // A command that could not be started has an error and no exit: `once` rejects on the one, resolves on the other.
    this.exit = once(child, 'exit').catch((error: unknown) => {
      this.notStarted = error;
    });
  }

  /**
   * Kills all of it. Returns false if some of it may be alive: it cannot be ended now, or not be found. The root is killed
   * in any case: it is our child, so that needs no look at the process table. Never rejects.
   */
  async kill(): Promise<boolean> {
    if (this.#child.pid === undefined) return true;
    try {
      this.#child.kill('SIGKILL');
      return await this.#killTree(this.identity);
    } catch {
      return false;
    }
  }

  /** Kills it again and again until all of it is gone. */
  async untilGone(): Promise<void> {
    do await sleep(KILL_AGAIN_MS);
    while (!(await this.kill()));
  }
}
