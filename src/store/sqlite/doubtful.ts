/** A commit that the disk did not confirm. The log has all of it or nothing. */

import type { Change } from '../store.ts';
import { bodyOf } from './rows.ts';
import type { Sql } from './sql.ts';

/** Whether the log has it. False if it wrote no event. */
export function isWritten(sql: Sql, changes: readonly Change[]): boolean {
  for (const { session, events } of changes) {
    const last = events.at(-1);
    if (last === undefined) continue;
    // Another server may have written something else with the same number.
    const row = sql.get(
      'SELECT at, type, body FROM events WHERE session_id = ? AND seq = ?',
      session.id,
      last.seq,
    );
    return row?.at === last.at && row.type === last.type && row.body === bodyOf(last);
  }
  return false;
}
