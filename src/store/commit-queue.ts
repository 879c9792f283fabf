/**
 * Group commit: what is to be written in one turn of the event loop is written in one transaction,
 * so that durability costs one fsync for all of it. Each job stands alone in a savepoint.
 */

import { SessionError } from '../errors.ts';
import { isBusy, storageFailure } from './failure.ts';
import type { Sql } from './sql.ts';

/** Past either, the rest waits for the next turn of the event loop. */
const BATCH_JOBS_MAX = 500;
const BATCH_MS_MAX = 10;
/** How long one attempt at the write lock may hold up the event loop, and the pause to the next. */
const LOCK_ATTEMPT_MS = 20;
const LOCK_PAUSE_MS = 10;

/** What a job writes with. The changes of a job that throws are undone. */
export type Transaction = {
  readonly sql: Sql;
  /** Epoch milliseconds. */
  readonly now: number;
  /** What a lease is taken for, in milliseconds. */
  readonly leaseMs: number;
  /** Says that the session changed, to those who listen. */
  touch(sessionId: string): void;
};

/** Runs inside a transaction; must be synchronous. */
export type Job<T> = (tx: Transaction) => T;

export type CommitQueueDeps = {
  readonly sql: Sql;
  readonly now: () => number;
  readonly leaseMs: number;
  /** How long to try for the write lock before the waiting jobs are refused. */
  readonly lockMs: number;
  committed(sessionIds: ReadonlySet<string>): void;
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
  #closed: Promise<void> | undefined;

  constructor(deps: CommitQueueDeps) {
    this.#deps = deps;
  }

  /** Resolves with the job's result after the commit; rejects with what it threw, or UNAVAILABLE. */
  add<T>(job: Job<T>): Promise<T> {
    if (this.#closed !== undefined) return Promise.reject(closedError());
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
    const { sql, lockMs } = this.#deps;
    const batch = this.#waiting.splice(0, BATCH_JOBS_MAX);
    try {
      this.#rollBack();
      sql.exec(`PRAGMA busy_timeout = ${LOCK_ATTEMPT_MS}`);
      sql.run('BEGIN IMMEDIATE');
    } catch (error) {
      if (isBusy(error) && this.#mayStillTry()) this.#waiting.unshift(...batch);
      else refuse(batch, error);
      return;
    } finally {
      sql.exec(`PRAGMA busy_timeout = ${lockMs}`);
    }
    this.#lockWantedAt = undefined;
    this.#write(batch);
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
    const touched = new Set<string>();
    let settle: readonly (() => void)[];
    try {
      settle = this.#runAll(batch, touched);
      sql.run('COMMIT');
    } catch (error) {
      this.#rollBack();
      refuse(batch, error);
      return;
    }
    for (const tell of settle) tell();
    if (touched.size > 0) this.#deps.committed(touched);
  }

  /** SQLite has rolled back by itself after some errors (a full disk), not after others. */
  #rollBack(): void {
    try {
      if (this.#deps.sql.inTransaction) this.#deps.sql.run('ROLLBACK');
    } catch {
      // The file cannot even be read now. The next batch tries again before it begins.
    }
  }

  #runAll(batch: Waiting[], touched: Set<string>): readonly (() => void)[] {
    const until = performance.now() + BATCH_MS_MAX;
    const settle: (() => void)[] = [];
    for (const waiting of batch) {
      if (settle.length > 0 && performance.now() >= until) break;
      settle.push(this.#runAlone(waiting, touched));
    }
    this.#waiting.unshift(...batch.splice(settle.length));
    return settle;
  }

  /** What the job made the caller hear is told only after the commit, its refusal too. */
  #runAlone(waiting: Waiting, touched: Set<string>): () => void {
    const { sql, now, leaseMs } = this.#deps;
    const ids: string[] = [];
    sql.run('SAVEPOINT job');
    try {
      const tell = waiting.run({
        sql,
        now: now(),
        leaseMs,
        touch: (id) => ids.push(id),
      });
      sql.run('RELEASE job');
      for (const id of ids) touched.add(id);
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
  const failure =
    storageFailure(error) ??
    new SessionError('UNAVAILABLE', 'the state database could not be written', {
      hint: 'the server log has the cause; call again later.',
      cause: error,
    });
  for (const waiting of batch) waiting.reject(failure);
}

export function closedError(): SessionError {
  return new SessionError('UNAVAILABLE', 'the server is stopping', {
    hint: 'call again once it is back.',
  });
}
