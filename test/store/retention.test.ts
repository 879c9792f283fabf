import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, expect, test } from 'vitest';
import { DATABASE_FILE } from '../../src/store/sqlite/files.ts';
import type { Store } from '../../src/store/store.ts';
import { creation, openSessions, PRINCIPAL, upTo } from './fixtures.ts';
import { connect, newDirectory, openStore } from './temporary.ts';

const SESSIONS = 6_000;
const MIB = 1024 * 1024;

let directory: string;
let file: string;
let store: Store;
let now: number;
let journalMax: number;

beforeEach(async () => {
  directory = newDirectory();
  file = join(directory, DATABASE_FILE);
  now = 1_000;
  journalMax = 0;
  store = await openStore({
    directory,
    now: () => now,
    uptime: { bootId: 'boot', elapsedMs: () => now },
  });
});

/** Random ids, as they are in use: what is near in time lies far apart in the file. */
async function makeAndEnd(count = SESSIONS): Promise<void> {
  const ids = upTo(count).map(() => `claude_${randomUUID()}`);
  const text = 'x'.repeat(1_000);
  await Promise.all(
    ids.map((id) =>
      store.create(id, [
        ...creation(),
        { type: 'text', text },
        { type: 'session_ended', reason: 'enough' },
      ]),
    ),
  );
}

async function pruneAll(): Promise<void> {
  let isMore = true;
  while (isMore) {
    isMore = await store.prune(0, 500);
    journalMax = Math.max(journalMax, statSync(`${file}-wal`).size);
  }
}

test('the room of what is forgotten is used again, and the journal stays small meanwhile', async () => {
  await makeAndEnd(3_000);
  const before = statSync(file).size;
  now += 1_000;
  await pruneAll();
  expect(await store.sessions({ principal: PRINCIPAL, limit: 1 })).toEqual([]);
  await makeAndEnd(3_000);
  const after = statSync(file).size;
  console.info(
    `journal at most ${Math.round(journalMax / MIB)} MiB; ${before}, then ${after} bytes`,
  );
  expect(journalMax).toBeLessThan(64 * MIB);
  expect(after).toBeLessThan(1.2 * before);
}, 180_000);

test('while somebody reads an old state, writing stops before the journal is large, and goes on afterwards', async () => {
  await makeAndEnd();
  now += 1_000;
  const reader = new DatabaseSync(file, { readOnly: true });
  reader.exec('BEGIN');
  const readRows = () => reader.prepare('SELECT count(*) AS rows FROM sessions').get();
  expect(readRows()).toEqual({ rows: SESSIONS });
  const refused = await pruneAll().catch((error: unknown) => error);
  expect(refused).toMatchObject({
    code: 'UNAVAILABLE',
    message: 'the journal of the state database is full and cannot be emptied',
    hint: expect.stringContaining('another program'),
  });
  console.info(`journal at most ${Math.round(journalMax / MIB)} MiB`);
  expect(journalMax).toBeLessThan(64 * MIB);
  expect(readRows()).toEqual({ rows: SESSIONS });
  expect(await openSessions(store)).toBe(0);
  reader.close();
  await pruneAll();
  expect(await store.sessions({ principal: PRINCIPAL, limit: 1 })).toEqual([]);
}, 180_000);

test('a session with a damaged row cannot be read; it is forgotten too, and does not keep younger ones', async () => {
  await makeAndEnd(3);
  const db = connect(directory);
  db.exec("UPDATE sessions SET record = '{' WHERE rowid = (SELECT min(rowid) FROM sessions)");
  const listed = store.sessions({ principal: PRINCIPAL, limit: 9 });
  await expect(listed).rejects.toMatchObject({ message: expect.stringContaining('damaged row') });
  now += 1;
  await pruneAll();
  expect(db.prepare('SELECT count(*) AS n FROM sessions').get()?.n).toBe(0);
});
