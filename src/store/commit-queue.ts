/**
 * Group commit: what is to be written in one turn of the event loop is written in one transaction,
 * so that durability costs one fsync for all of it. Each job stands alone in a savepoint.
 */

import { SessionError } from '../errors.ts';
import { BATCH_JOBS_MAX, JOURNAL_BYTES_MAX, LOCK_PAUSE_MS } from '../limits.ts';
import { isBusy, isFailedSync, storageFailure } from './failure.ts';
import type { DatabaseFiles } from './files.ts';
import type { Sql } from './sql.ts';
import type { SteadyClock } from './steady-clock.ts';
import type { Change, Commit } from './store.ts';

/** What a job writes with. The changes of a job that throws are undone. */
export type Transaction = {
  readonly sql: Sql;
  /** Epoch milliseconds, for people to read and for leases. */
  readonly now: number;
  /** Milliseconds by the clock for ages. */
  readonly steadyNow: number;
  /** What a lease is taken for, in milliseconds. */
  readonly leaseMs: number;
  /** Says that the session changed, and what was written of it, to those who listen. */
  touch(sessionId: string, change?: Change): void;
};

/** Runs inside a transaction; must be synchronous. */
export type Job<T> = (tx: Transaction) => T;

export type CommitQueueDeps = DatabaseFiles & {
  readonly sql: Sql;
  readonly now: () => number;
  readonly steady: SteadyClock;
  readonly leaseMs: number;
  /** A commit takes up no more jobs after so long. */
  readonly batchMs: number;
  /** How long to try for the write lock, or for an emptied journal, before the waiting jobs are refused. */
  readonly lockMs: number;
  committed(sessionIds: ReadonlySet<string>, commit: Commit): void;
  /** From here on everything is refused. */
  distrusted(error: SessionError): void;
};

/** What a batch has written so far. */
type Written = { readonly sessionIds: Set<string>; readonly changes: Change[] };

type Waiting = {
  /** Runs the job; what it returns tells the caller, once the commit is durable. */
  run(tx: Transaction): () => void;
  reject(error: unknown): void;
};

export class CommitQueue {
  readonly #deps: CommitQueueDeps;
  #waiting: Waiting[] = [];
  #isScheduled = false;
  #lockWantedAt: number | undefined;
  #untrusted: SessionError | undefined;
  #closed: Promise<void> | undefined;

  constructor(deps: CommitQueueDeps) {
    this.#deps = deps;
  }

  /** Resolves with the job's result after the commit; rejects with what it threw, or UNAVAILABLE. */
  add<T>(job: Job<T>): Promise<T> {
    const refusal = this.#closed === undefined ? this.#untrusted : closedError();
    if (refusal !== undefined) return Promise.reject(refusal);
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({
        run: (tx) => {
          const result = job(tx);
          return () => resolve(result);
        },
        reject,
      });
      this.#schedule();
    });
  }

  /** Resolves once everything added before is settled; what comes later is refused. */
  close(): Promise<void> {
    if (this.#closed === undefined) {
      const last = this.#waiting.length === 0 ? Promise.resolve() : this.add(() => {});
      this.#closed = last.catch(() => {});
    }
    return this.#closed;
  }

  #schedule(delayMs = 0): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    const flush = (): void => {
      this.#isScheduled = false;
      this.#flush();
      if (this.#waiting.length > 0)
        this.#schedule(this.#lockWantedAt === undefined ? 0 : LOCK_PAUSE_MS);
    };
    if (delayMs === 0) setImmediate(flush);
    else setTimeout(flush, delayMs);
  }

  #flush(): void {
    const batch = this.#waiting.splice(0, BATCH_JOBS_MAX);
    try {
      this.#rollBack();
      this.#checkPlace();
      this.#makeRoom();
      this.#deps.sql.run('BEGIN IMMEDIATE');
    } catch (error) {
      const isInTheWay = isBusy(error) || error instanceof JournalFullError;
      if (isInTheWay && this.#mayStillTry()) this.#waiting.unshift(...batch);
      else this.#refuse(batch, error);
      return;
    }
    this.#lockWantedAt = undefined;
    this.#write(batch);
  }

  /** What is written to a file that was deleted or replaced is gone with the next restart. */
  #checkPlace(): void {
    if (this.#deps.isInPlace()) return;
    throw new SessionError('UNAVAILABLE', 'the state database was moved, replaced or deleted', {
      hint: 'put it back where it was, or restart the server to go on with what is there now.',
    });
  }

  /** Somebody who reads an old state keeps SQLite from emptying the journal by itself. */
  #makeRoom(): void {
    const { sql, journalBytes } = this.#deps;
    if (journalBytes() < JOURNAL_BYTES_MAX) return;
    sql.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    if (journalBytes() >= JOURNAL_BYTES_MAX) throw new JournalFullError();
  }

  /** True until the lock has been wanted for too long; then the count starts anew. */
  #mayStillTry(): boolean {
    this.#lockWantedAt ??= performance.now();
    if (performance.now() - this.#lockWantedAt < this.#deps.lockMs) return true;
    this.#lockWantedAt = undefined;
    return false;
  }

  #write(batch: Waiting[]): void {
    const { sql } = this.#deps;
    const began = performance.now();
    const written: Written = { sessionIds: new Set(), changes: [] };
    let settle: readonly (() => void)[];
    try {
      settle = this.#runAll(batch, written);
      sql.run('COMMIT');
    } catch (error) {
      this.#rollBack();
      this.#refuse(batch, error);
      return;
    }
    for (const tell of settle) tell();
    const { sessionIds, changes } = written;
    this.#deps.committed(sessionIds, { changes, durationMs: performance.now() - began });
  }

  /**
   * After a failed sync nothing is written any more: a commit that the page cache shows may not be on the
   * disk, and what came after it would be lost with it. The next start settles that (see open.ts).
   */
  #refuse(batch: readonly Waiting[], error: unknown): void {
    if (isFailedSync(error)) {
      this.#untrusted = untrustedError(error);
      this.#deps.distrusted(this.#untrusted);
      refuse([...batch, ...this.#waiting.splice(0)], this.#untrusted);
    } else {
      refuse(batch, error);
    }
  }

  /** SQLite has rolled back by itself after some errors (a full disk), not after others. */
  #rollBack(): void {
    try {
      if (this.#deps.sql.inTransaction) this.#deps.sql.run('ROLLBACK');
    } catch {
      // The file cannot even be read now. The next batch tries again before it begins.
    }
  }

  #runAll(batch: Waiting[], written: Written): readonly (() => void)[] {
    const until = performance.now() + this.#deps.batchMs;
    const settle: (() => void)[] = [];
    for (const waiting of batch) {
      if (settle.length > 0 && performance.now() >= until) break;
      settle.push(this.#runAlone(waiting, written));
    }
    this.#waiting.unshift(...batch.splice(settle.length));
    return settle;
  }

  /** What the job made the caller hear is told only after the commit, its refusal too. */
  #runAlone(waiting: Waiting, written: Written): () => void {
    const { sql, now, steady, leaseMs } = this.#deps;
    const touched: { readonly id: string; readonly change: Change | undefined }[] = [];
    sql.run('SAVEPOINT job');
    try {
      const tell = waiting.run({
        sql,
        now: now(),
        steadyNow: steady(),
        leaseMs,
        touch: (id, change) => touched.push({ id, change }),
      });
      sql.run('RELEASE job');
      for (const { id, change } of touched) {
        written.sessionIds.add(id);
        if (change !== undefined) written.changes.push(change);
      }
      return tell;
    } catch (error) {
      // The disk or the file failed: nothing of this transaction can be trusted to be written.
      if (!sql.inTransaction || storageFailure(error) !== undefined) throw error;
      sql.run('ROLLBACK TO job');
      sql.run('RELEASE job');
      return () => waiting.reject(error);
    }
  }
}

function refuse(batch: readonly Waiting[], error: unknown): void {
  const failure = error instanceof SessionError ? error : failureOf(error);
  for (const waiting of batch) waiting.reject(failure);
}

function failureOf(error: unknown): SessionError {
  return (
    storageFailure(error) ??
    new SessionError('UNAVAILABLE', 'the state database could not be written', {
      hint: 'the server log has the cause; call again later.',
      cause: error,
    })
  );
}

/** Not retryable: the call may have been written after all, and this server cannot tell. */
function untrustedError(cause: unknown): SessionError {
  return new SessionError(
    'UNAVAILABLE',
    'the disk did not confirm a write: nothing more is written until the server is restarted',
    {
      hint: 'check the disk of the state directory, restart the server, then look whether the call took effect.',
      retryable: false,
      cause,
    },
  );
}

class JournalFullError extends SessionError {
  constructor() {
    super('UNAVAILABLE', 'the journal of the state database is full and cannot be emptied', {
      hint: 'another program keeps an old state of the database open: end it (a shell, a copy), then call again.',
    });
  }
}

export function closedError(): SessionError {
  return new SessionError('UNAVAILABLE', 'the server is stopping', {
    hint: 'call again once it is back.',
  });
}
