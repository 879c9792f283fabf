/** A disk that fails under SQLite in this process: what the driver throws then, at a commit. */

import { StatementSync } from 'node:sqlite';
import { onTestFinished } from 'vitest';

/** The disk did not confirm a write, and nobody knows whether it has it. */
const FAILED_SYNC = 1034;
/** A write failed, so that there is nothing of it. */
export const FAILED_WRITE = 778;
/** The file system has refused a lock for ten seconds. */
export const NO_LOCK = 15;

type Fault = {
  readonly code?: number;
  /** The commit is there all the same. */
  readonly isWritten?: boolean;
  /** How many fail; all by default. */
  readonly times?: number;
};

/** Makes commits of this process fail as SQLite does when a disk fails; returns what mends it. */
export function failCommits(fault: Fault = {}): () => void {
  const { code = FAILED_SYNC, isWritten = false, times = Number.POSITIVE_INFINITY } = fault;
  const { run } = StatementSync.prototype;
  const mend = (): void => {
    StatementSync.prototype.run = run;
  };
  onTestFinished(mend);
  let failed = 0;
  StatementSync.prototype.run = function (this: StatementSync, ...values: never[]) {
    if (this.sourceSQL !== 'COMMIT' || failed >= times) return Reflect.apply(run, this, values);
    failed += 1;
    if (isWritten) Reflect.apply(run, this, []);
    throw Object.assign(new Error('disk I/O error'), { errcode: code });
  };
  return mend;
}
