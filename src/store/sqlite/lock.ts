/** Waits for a lock of the database without blocking the event loop: short attempts with pauses. */

import { setTimeout } from 'node:timers/promises';
import { LOCK_MS_MAX, LOCK_PAUSE_MS } from '../../limits.ts';
import { isBusy, storageFailure } from './failure.ts';
import type { Sql } from './sql.ts';

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

/** Reads; a failure of the disk, the file or the lock is thrown as a SessionError. */
export type Read = <T>(work: (sql: Sql) => T) => Promise<T>;

/** Reads from the connection that there is at the time. */
export function readerOf(source: { readonly sql: Sql }): Read {
  return async (work) => {
    try {
      return await whileLocked(() => work(source.sql));
    } catch (error) {
      throw storageFailure(error) ?? error;
    }
  };
}
