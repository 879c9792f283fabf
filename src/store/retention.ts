/** Forgetting what is old enough, in steps that others hardly notice. */

import { readSession } from './append.ts';
import type { Transaction } from './commit-queue.ts';
import { textOf } from './sql.ts';
import { leaveMcpScope } from './sums.ts';

const ROW_TABLES = [
  'turns',
  'permission_requests',
  'session_tasks',
  'session_labels',
  'processes',
  'orders',
];

/** One step; whether there may be more to do. */
export function prune(tx: Transaction, before: number, limit: number): boolean {
  const { sql } = tx;
  const keys = sql.run(
    `DELETE FROM requests WHERE (principal, tool, key) IN (
       SELECT principal, tool, key FROM requests WHERE created_at < ? LIMIT ?
     )`,
    before,
    limit,
  );
  const row = sql.get(
    'SELECT id FROM sessions WHERE ended_at < ? AND owner IS NULL ORDER BY ended_at LIMIT 1',
    before,
  );
  if (row === undefined) return keys === limit;
  pruneSession(tx, textOf(row, 'id'), limit);
  return true;
}

/** The log first, from its start; once that is gone, the session itself. */
function pruneSession({ sql }: Transaction, sessionId: string, limit: number): void {
  const events = sql.run(
    `DELETE FROM events WHERE session_id = ?1 AND seq > 1 AND seq IN (
       SELECT seq FROM events WHERE session_id = ?1 AND seq > 1 ORDER BY seq LIMIT ?2
     )`,
    sessionId,
    limit,
  );
  if (events === limit) return;
  leaveMcpScope(sql, readSession(sql, sessionId));
  for (const table of [...ROW_TABLES, 'events']) {
    sql.run(`DELETE FROM ${table} WHERE session_id = ?`, sessionId);
  }
  sql.run('DELETE FROM sessions WHERE id = ?', sessionId);
}
