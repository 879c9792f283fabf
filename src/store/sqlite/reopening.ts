/** Opens the database anew after its disk has failed: at once, then again and again, ever more slowly, until it works. */

import { setTimeout as pause } from 'node:timers/promises';
import { REOPEN_PAUSE_MS, REOPEN_PAUSE_MS_MAX } from '../../limits.ts';
import type { Logger } from '../../log.ts';
import type { Listeners } from '../listeners.ts';
import type { Change } from '../store.ts';
import type { CommitQueue } from './commit-queue.ts';
import type { Database } from './database.ts';
import { reopeningError, storageFailure } from './failure.ts';
import { bodyOf } from './rows.ts';
import type { Sql } from './sql.ts';
import { changesOf, newsOf, type Touched } from './transaction.ts';

export type ReopeningDeps = {
  readonly database: Pick<Database, 'reopen' | 'sql'>;
  /** Suspended by the failure. */
  readonly queue: Pick<CommitQueue, 'refuse' | 'resume'>;
  readonly listeners: Pick<Listeners, 'committed' | 'reopened'>;
  readonly log: Pick<Logger, 'warn' | 'error'> | undefined;
};

export class Reopening {
  readonly #deps: ReopeningDeps;
  readonly #stopped = new AbortController();
  #work: Promise<void> | undefined;

  constructor(deps: ReopeningDeps) {
    this.#deps = deps;
  }

  /** @param doubtful what the commit held that failed */
  start(error: unknown, doubtful: readonly Touched[] | undefined): void {
    this.#deps.log?.error({ err: error }, 'the disk failed; the state database is opened anew');
    this.#work = this.#goOn(doubtful);
  }

  /** Resolves once an attempt that is under way is over; there is no further one. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#work;
  }

  async #goOn(doubtful: readonly Touched[] | undefined): Promise<void> {
    const { queue, listeners, log } = this.#deps;
    const failedAt = performance.now();
    const isThere = await this.#reopened(doubtful);
    if (isThere === undefined) return;
    log?.warn({}, 'the state database is in use again');
    // Told like any other, before what comes after it.
    if (isThere && doubtful !== undefined) {
      const changes = changesOf(doubtful);
      listeners.committed(newsOf(doubtful), { changes, durationMs: performance.now() - failedAt });
    }
    queue.resume();
    listeners.reopened();
  }

  /** Whether the commit is there after all; undefined if it was stopped before the database was open. */
  async #reopened(doubtful: readonly Touched[] | undefined): Promise<boolean | undefined> {
    const { database, queue, log } = this.#deps;
    const { signal } = this.#stopped;
    for (let pauseMs = 0; !signal.aborted; ) {
      try {
        await database.reopen();
        return doubtful !== undefined && isWritten(database.sql, changesOf(doubtful));
      } catch (error) {
        // Only the first of several failed attempts is logged.
        if (pauseMs === 0) log?.error({ err: error }, 'the state database cannot be opened yet');
        queue.refuse(reopeningError(storageFailure(error) ?? error));
      }
      pauseMs = Math.min(Math.max(REOPEN_PAUSE_MS, pauseMs * 2), REOPEN_PAUSE_MS_MAX);
      await pause(pauseMs, undefined, { signal, ref: false }).catch(() => {});
    }
    return undefined;
  }
}

/** Whether the log has a commit that the disk did not confirm: it has all of it or nothing. False if there was no event. */
function isWritten(sql: Sql, changes: readonly Change[]): boolean {
  const [change] = changes;
  const last = change?.events.at(-1);
  if (change === undefined || last === undefined) return false;
  // Another server may have written something else with the same number.
  const row = sql.get(
    'SELECT at, type, body FROM events WHERE session_id = ? AND seq = ?',
    change.session.id,
    last.seq,
  );
  return row?.at === last.at && row.type === last.type && row.body === bodyOf(last);
}
