/** Waits for a lock of the database without blocking the event loop: short attempts with pauses. */

import { setTimeout } from 'node:timers/promises';
import { LOCK_MS_MAX, LOCK_PAUSE_MS } from '../../limits.ts';
import { isBusy } from './failure.ts';

/**
 * Returns what `work` returns, as soon as no lock prevents it. `work` must leave nothing behind if it fails.
 *
 * @throws what `work` throws, but SQLite's "busy" error only after {@link LOCK_MS_MAX}
 */
export async function whileLocked<T>(work: () => T): Promise<T> {
  const until = performance.now() + LOCK_MS_MAX;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= until) throw error;
    }
    await setTimeout(LOCK_PAUSE_MS);
  }
}
