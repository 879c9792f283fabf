/** A commit that the disk did not confirm: it is in the log as a whole, or not at all. */

import { bodyOf } from './rows.ts';
import type { Sql } from './sql.ts';
import type { Change } from './store.ts';

/** Whether the log has it after all. False if it wrote no event. */
export function isWritten(sql: Sql, changes: readonly Change[]): boolean {
  for (const { session, events } of changes) {
    const last = events.at(-1);
    if (last === undefined) continue;
    // Another server may have written something else in its place.
    const row = sql.get(
      'SELECT at, type, body FROM events WHERE session_id = ? AND seq = ?',
      session.id,
      last.seq,
    );
    return row?.at === last.at && row.type === last.type && row.body === bodyOf(last);
  }
  return false;
}
