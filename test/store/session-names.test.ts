/** The names of sessions in the rows of SQLite: whoever writes them, and at what cost they are found. */

import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { DATABASE_FILE } from '../../src/store/sqlite/files.ts';
import { migrate } from '../../src/store/sqlite/migrations.ts';
import { STEPS } from '../../src/store/sqlite/schema-steps.ts';
import { PRINCIPAL } from './fixtures.ts';
import { connect, newDirectory, openStore } from './temporary.ts';

const IDS = [1, 2, 3].map((n) => `claude_00000000-0000-4000-8000-00000000000${n}`);
const QUERY = { principal: PRINCIPAL, name: 'api', limit: 9 };
const NAMED = "record = json_set(record, '$.name', 'api')";

let directory: string;

beforeEach(() => {
  directory = newDirectory();
  copyFileSync(join(import.meta.dirname, 'golden', 'v1.db'), join(directory, DATABASE_FILE));
});

test('what earlier versions wrote is found by its name, and a damaged record stops nothing', async () => {
  const db = connect(directory);
  db.exec(`UPDATE sessions SET ${NAMED}`);
  db.exec(`UPDATE sessions SET record = '{' WHERE id = '${IDS[1]}'`);
  const store = await openStore({ directory });
  // The third has ended.
  expect(await store.named(QUERY)).toEqual([IDS[0]]);
});

test('what a server of an earlier version writes from now on is found too', async () => {
  const store = await openStore({ directory });
  expect(await store.named(QUERY)).toEqual([]);
  const db = connect(directory);
  db.exec(`UPDATE sessions SET ${NAMED} WHERE id = '${IDS[1]}'`);
  expect(await store.named(QUERY)).toEqual([IDS[1]]);
  db.exec(`INSERT INTO sessions (id, principal, status, created_at, last_activity, last_seq, served_at, record)
    SELECT 'claude_new', principal, status, created_at, last_activity, last_seq, served_at, record
    FROM sessions WHERE id = '${IDS[1]}'`);
  expect(await store.named(QUERY)).toEqual([IDS[1], 'claude_new']);
  db.exec(`UPDATE sessions SET record = json_remove(record, '$.name') WHERE id = 'claude_new'`);
  db.exec(`UPDATE sessions SET record = '{' WHERE id = '${IDS[1]}'`);
  expect(await store.named(QUERY)).toEqual([]);
});

test('no session with another name is looked at', () => {
  const db = connect(directory);
  migrate(db, STEPS);
  const plan = db
    .prepare(
      `EXPLAIN QUERY PLAN SELECT id FROM sessions
       WHERE principal = 'a' AND name = 'b' AND ended_at IS NULL ORDER BY id LIMIT 6`,
    )
    .all();
  expect(plan.map(({ detail }) => detail)).toEqual([
    expect.stringContaining('USING INDEX sessions_named (principal=? AND name=?)'),
  ]);
});
