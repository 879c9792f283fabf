/**
 * Group commit: what is to be written in one turn of the event loop is written in one transaction,
 * so that durability costs one fsync for all of it. Each job stands alone in a savepoint.
 */

import { SessionError } from '../../errors.ts';
import { BATCH_JOBS_MAX, JOURNAL_BYTES_MAX, LOCK_PAUSE_MS } from '../../limits.ts';
import type { Commit, News } from '../store.ts';
import type { Database } from './database.ts';
import {
  closedError,
  isBusy,
  isFailedSync,
  isIoError,
  JournalFullError,
  movedError,
  storageFailure,
  unconfirmedError,
} from './failure.ts';
import type { SteadyClock } from './steady-clock.ts';
import { SumBook } from './sum-rows.ts';
import {
  changesOf,
  isFatal,
  newsOf,
  type Running,
  runAlone,
  type Touched,
  type Transaction,
} from './transaction.ts';

/** Runs inside a transaction; must be synchronous. */
export type Job<T> = (tx: Transaction) => T;

export type CommitQueueDeps = {
  readonly database: Pick<Database, 'sql' | 'files' | 'settle'>;
  readonly now: () => number;
  readonly steady: SteadyClock;
  readonly leaseMs: number;
  /** Maximum time to run the jobs of one commit. */
  readonly batchMs: number;
  /** How long to try for the write lock, or for an emptied journal, before the waiting jobs are refused. */
  readonly lockMs: number;
  /** The last thing in the transaction. */
  publish(news: News): void;
  committed(news: News, commit: Commit): void;
  passedOver(sessionId: string | undefined, error: unknown): void;
  /**
   * The disk has failed. Nothing is written until {@link CommitQueue.resume}; `doubtful` is what the commit held that
   * failed, which may be there after all.
   */
  failed(error: unknown, doubtful: readonly Touched[] | undefined): void;
};

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
  #isSuspended = false;
  /** While it is suspended: what is added waits, or is refused with this. */
  #refusal: SessionError | undefined;
  #closed: Promise<void> | undefined;

  constructor(deps: CommitQueueDeps) {
    this.#deps = deps;
  }

  /** Resolves with the job's result after the commit; rejects with what it threw, or UNAVAILABLE. */
  add<T>(job: Job<T>): Promise<T> {
    const refusal = this.#closed === undefined ? this.#refusal : closedError();
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

  /** What waits is refused, and what is added until {@link resume}. */
  refuse(error: SessionError): void {
    this.#refusal = error;
    refuse(this.#waiting.splice(0), error);
  }

  /** The disk works again. */
  resume(): void {
    this.#isSuspended = false;
    this.#refusal = undefined;
    if (this.#waiting.length > 0) this.#schedule();
  }

  /** Resolves once everything added before is settled; what comes later is refused. */
  close(): Promise<void> {
    if (this.#isSuspended) this.refuse(closedError());
    if (this.#closed === undefined) {
      const last = this.#waiting.length === 0 ? Promise.resolve() : this.add(() => {});
      this.#closed = last.catch(() => {});
    }
    return this.#closed;
  }

  #schedule(delayMs = 0): void {
    if (this.#isScheduled || this.#isSuspended) return;
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
      if (!this.#deps.database.files.isInPlace()) throw movedError();
      this.#deps.database.settle();
      this.#makeRoom();
      this.#deps.database.sql.run('BEGIN IMMEDIATE');
    } catch (error) {
      const isInTheWay = isBusy(error) || error instanceof JournalFullError;
      if (isFailedSync(error) || (isInTheWay && this.#mayStillTry()))
        this.#waiting.unshift(...batch);
      else refuse(batch, error);
      if (isIoError(error)) this.#suspend(error);
      return;
    }
    this.#lockWantedAt = undefined;
    this.#write(batch);
  }

  /** Somebody who reads an old state keeps SQLite from emptying the journal by itself. */
  #makeRoom(): void {
    const { sql, files } = this.#deps.database;
    if (files.journalBytes() < JOURNAL_BYTES_MAX) return;
    sql.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    if (files.journalBytes() >= JOURNAL_BYTES_MAX) throw new JournalFullError();
  }

  /** True until the lock has been wanted for too long; then the count starts anew. */
  #mayStillTry(): boolean {
    this.#lockWantedAt ??= performance.now();
    if (performance.now() - this.#lockWantedAt < this.#deps.lockMs) return true;
    this.#lockWantedAt = undefined;
    return false;
  }

  #write(batch: Waiting[]): void {
    const { sql } = this.#deps.database;
    const began = performance.now();
    const touched: Touched[] = [];
    const sums = new SumBook(sql);
    let settle: readonly (() => void)[];
    try {
      const before = sql.changes;
      settle = this.#runAll(batch, { touched, sums, steadyNow: this.#deps.steady() });
      sums.write();
      // A commit that changes nothing needs no sync.
      if (sql.changes !== before) this.#deps.publish(newsOf(touched));
      sql.run('COMMIT');
    } catch (error) {
      this.#rollBack();
      refuse(batch, isFailedSync(error) ? unconfirmedError(error) : error);
      if (isIoError(error)) this.#suspend(error, touched);
      return;
    }
    for (const tell of settle) tell();
    const durationMs = performance.now() - began;
    this.#deps.committed(newsOf(touched), { changes: changesOf(touched), durationMs });
  }

  /** A connection whose disk has failed is not written through any more, were it to work again by itself. */
  #suspend(error: unknown, doubtful?: readonly Touched[]): void {
    this.#isSuspended = true;
    this.#deps.failed(error, doubtful);
  }

  /** SQLite has rolled back by itself after some errors (a full disk), not after others. */
  #rollBack(): void {
    try {
      const { sql } = this.#deps.database;
      if (sql.inTransaction) sql.run('ROLLBACK');
    } catch {
      // The file cannot even be read now. The next batch tries again before it begins.
    }
  }

  #runAll(batch: Waiting[], running: Running): readonly (() => void)[] {
    const until = performance.now() + this.#deps.batchMs;
    const settle: (() => void)[] = [];
    for (const waiting of batch) {
      if (settle.length > 0 && performance.now() >= until) break;
      settle.push(this.#runAlone(waiting, running));
    }
    this.#waiting.unshift(...batch.splice(settle.length));
    return settle;
  }

  /** The caller is answered after the commit, even with a refusal. */
  #runAlone(waiting: Waiting, running: Running): () => void {
    const { now, leaseMs, passedOver } = this.#deps;
    const { sql } = this.#deps.database;
    const alone = <T>(part: () => T): T => runAlone(sql, running, part);
    try {
      return alone(() =>
        waiting.run({
          sql,
          now: now(),
          steadyNow: running.steadyNow,
          leaseMs,
          sums: running.sums,
          touch: (more) => running.touched.push(more),
          alone,
          passedOver,
        }),
      );
    } catch (error) {
      if (isFatal(sql, error)) throw error;
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
