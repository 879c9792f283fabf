/** Compares a fence with the lease in the session's row. */

import { type Fence, StaleFenceError } from '../store.ts';
import type { Sql } from './sql.ts';

/** A condition on a session's row, with the parameters {@link valuesOf}. */
export const UNDER_FENCE = 'id = ? AND owner = ? AND epoch = ?';

export function valuesOf({ sessionId, owner, epoch }: Fence): [string, string, number] {
  return [sessionId, owner, epoch];
}

export function isCurrent(sql: Sql, fence: Fence): boolean {
  const select = `SELECT 1 FROM sessions WHERE ${UNDER_FENCE}`;
  return sql.get(select, ...valuesOf(fence)) !== undefined;
}

/** @throws StaleFenceError unless the session is under exactly this lease */
export function checkFence(sql: Sql, sessionId: string, fence: Fence): void {
  if (fence.sessionId !== sessionId || !isCurrent(sql, fence)) throw new StaleFenceError(fence);
}
