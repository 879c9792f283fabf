/** Deletes what is old enough, in steps short enough for others to write in between. */

import { leaveMcpScope } from '../sums.ts';
import { readSession } from './append.ts';
import { DamagedRowError, type Sql, textOf } from './sql.ts';
import type { Transaction } from './transaction.ts';

const ROW_TABLES = [
  'turns',
  'permission_requests',
  'remembered_permissions',
  'session_tasks',
  'session_labels',
  'processes',
  'orders',
];

/** Deletes up to `limit` rows, or a few more. Returns whether there may be more to delete. */
export function prune(tx: Transaction, ageMs: number, limit: number): boolean {
  const before = tx.steadyNow - ageMs;
  let left = limit - pruneKeys(tx.sql, before, limit);
  while (left > 0) {
    const row = tx.sql.get(
      `SELECT id FROM sessions WHERE ended_at IS NOT NULL AND active_at < ? AND owner IS NULL
       ORDER BY active_at LIMIT 1`,
      before,
    );
    if (row === undefined) return false;
    left -= pruneSession(tx, textOf(row, 'id'), left);
  }
  return true;
}

function pruneKeys(sql: Sql, before: number, limit: number): number {
  const remove = `DELETE FROM requests WHERE (principal, tool, key) IN (
    SELECT principal, tool, key FROM requests WHERE created_at < ? LIMIT ?
  )`;
  return sql.run(remove, before, limit);
}

/** Deletes the log from its start, and then the session itself. Returns how many rows were deleted. */
function pruneSession(tx: Transaction, sessionId: string, limit: number): number {
  const { sql } = tx;
  let rows = sql.run(
    `DELETE FROM events WHERE session_id = ?1 AND seq > 1 AND seq IN (
       SELECT seq FROM events WHERE session_id = ?1 AND seq > 1 ORDER BY seq LIMIT ?2
     )`,
    sessionId,
    limit,
  );
  if (rows >= limit) return rows;
  leaveScope(tx, sessionId);
  for (const table of [...ROW_TABLES, 'events']) {
    rows += sql.run(`DELETE FROM ${table} WHERE session_id = ?`, sessionId);
  }
  return rows + sql.run('DELETE FROM sessions WHERE id = ?', sessionId);
}

/** A damaged row is deleted too; otherwise no younger session would ever be. What it counted stays in the sums. */
function leaveScope({ sql, sums }: Transaction, sessionId: string): void {
  try {
    sums.change(leaveMcpScope(readSession(sql, sessionId)));
  } catch (error) {
    if (!(error instanceof DamagedRowError)) throw error;
  }
}
