/** What versions that believed every figure of the API have left in a database. */

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Usage } from '../../src/session/event.ts';
import { DATABASE_FILE } from '../../src/store/sqlite/files.ts';

/** What JSON made of 2^53, of a fraction, of a negative figure, of NaN and of Infinity. */
const STORED =
  '{"inputTokens":9007199254740992,"outputTokens":12.5,"cacheReadTokens":-5,"cacheWriteTokens":null,"costUsd":1e400}';

/** Puts such figures wherever exactly `usage` stands, and in the sums of the principal. */
export function makeUnsound(directory: string, usage: Usage, principal: string): void {
  const db = new DatabaseSync(join(directory, DATABASE_FILE));
  const swap = (table: string, column: string) =>
    db
      .prepare(`UPDATE ${table} SET ${column} = replace(${column}, ?, ?)`)
      .run(JSON.stringify(usage), STORED);
  swap('sessions', 'record');
  swap('turns', 'record');
  swap('events', 'body');
  swap('metrics', 'usage_by_model');
  db.prepare(
    `UPDATE metrics SET inputTokens = 9007199254740992, outputTokens = ${2n ** 62n}, cacheReadTokens = -5,
       costUsd = 9e999 WHERE principal = ?`,
  ).run(principal);
  db.close();
}
