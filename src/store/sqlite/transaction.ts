/** What the jobs of one commit write with: each alone, so that one that fails undoes nothing of the others. */

import type { Change, News } from '../store.ts';
import { storageFailure } from './failure.ts';
import type { Sql } from './sql.ts';
import type { SumBook } from './sum-rows.ts';

/** What a job writes with. The changes of a job that throws are undone. */
export type Transaction = {
  readonly sql: Sql;
  /** Epoch milliseconds, for people to read and for leases. */
  readonly now: number;
  /** Milliseconds by the clock for ages. */
  readonly steadyNow: number;
  /** What a lease is taken for, in milliseconds. */
  readonly leaseMs: number;
  /** The changed sums are written at the end of the transaction. */
  readonly sums: SumBook;
  /** Tells those who listen. */
  touch(touched: Touched): void;
  /** Runs a part of the job. If it throws, what it wrote and touched is undone, and nothing else. */
  alone<T>(part: () => T): T;
  /** Logs that a turn could not be started, and goes on. */
  passedOver(sessionId: string | undefined, error: unknown): void;
};

/** What a job has changed. */
export type Touched = {
  readonly sessionId?: string;
  readonly change?: Change;
  /** Whether a turn of the session may be claimed now; what is said last counts. */
  readonly work?: boolean;
  readonly orders?: boolean;
};

/** A transaction, as far as its jobs have run. */
export type Running = {
  readonly touched: Touched[];
  readonly sums: SumBook;
  readonly steadyNow: number;
};

export function runAlone<T>(sql: Sql, { touched, sums }: Running, part: () => T): T {
  const before = touched.length;
  const { mark } = sums;
  sql.run('SAVEPOINT part');
  try {
    const result = part();
    sql.run('RELEASE part');
    return result;
  } catch (error) {
    if (isFatal(sql, error)) throw error;
    sql.run('ROLLBACK TO part');
    sql.run('RELEASE part');
    touched.length = before;
    sums.goBack(mark);
    throw error;
  }
}

/** The disk or the file failed: nothing of this transaction can be trusted to be written. */
export function isFatal(sql: Sql, error: unknown): boolean {
  return !sql.inTransaction || storageFailure(error) !== undefined;
}

export function newsOf(touched: readonly Touched[]): News {
  const work = new Map(touched.map((each) => [each.sessionId, each.work]));
  return {
    sessions: new Set(touched.flatMap(({ sessionId }) => sessionId ?? [])),
    work: [...work.values()].includes(true),
    orders: touched.some(({ orders }) => orders),
  };
}

export function changesOf(touched: readonly Touched[]): readonly Change[] {
  return touched.flatMap(({ change }) => change ?? []);
}
