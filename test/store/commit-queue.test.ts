import type { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SessionError } from '../../src/errors.ts';
import { JOURNAL_BYTES_MAX } from '../../src/limits.ts';
import { CommitQueue, type Job } from '../../src/store/sqlite/commit-queue.ts';
import { Sql } from '../../src/store/sqlite/sql.ts';
import { upTo } from './fixtures.ts';
import { connect, newDirectory } from './temporary.ts';

let directory: string;
let db: DatabaseSync;
let queue: CommitQueue;
let commits: ReadonlySet<string>[];
let journal: number;

beforeEach(() => {
  directory = newDirectory();
  db = connect(directory);
  db.exec('PRAGMA journal_mode = WAL');
  db.exec('CREATE TABLE parent (n INTEGER PRIMARY KEY) STRICT');
  // Deferred: what breaks it is found out at the COMMIT.
  db.exec('CREATE TABLE t (n INTEGER REFERENCES parent (n) DEFERRABLE INITIALLY DEFERRED) STRICT');
  commits = [];
  journal = 0;
  queue = new CommitQueue({
    database: {
      sql: new Sql(db),
      files: { journalBytes: () => journal, isInPlace: () => true, isSameFile: () => true },
      settle: () => {},
    },
    now: () => 0,
    steady: () => 0,
    leaseMs: 15_000,
    batchMs: Number.POSITIVE_INFINITY,
    lockMs: 50,
    publish: () => {},
    passedOver: () => {},
    committed: ({ sessions }) => sessions !== 'any' && commits.push(sessions),
    failed: () => {},
  });
});

afterEach(() => queue.close());

const insert =
  (n: number | null): Job<number> =>
  (tx) => {
    tx.sql.run('INSERT INTO t VALUES (?)', n);
    tx.touch({ sessionId: 's' });
    return tx.sql.all('SELECT * FROM t').length;
  };

function count(): number {
  return db.prepare('SELECT * FROM t').all().length;
}

test('what is added in one turn of the event loop is one commit', async () => {
  expect(await Promise.all(upTo(50).map(() => queue.add(insert(null))))).toEqual(upTo(50));
  expect(commits).toEqual([new Set(['s'])]);
});

test('a job is answered only when another connection can see what it wrote', async () => {
  const other = connect(directory);
  await queue.add(insert(null));
  expect(other.prepare('SELECT * FROM t').all()).toHaveLength(1);
});

test('if the commit fails, every job of it is refused, and the next commit succeeds', async () => {
  const results = await Promise.allSettled([
    queue.add(insert(null)),
    queue.add(insert(7)),
    queue.add(() => {
      throw new RangeError('what it saw was never written');
    }),
  ]);
  for (const result of results) {
    expect(result).toMatchObject({ reason: { code: 'UNAVAILABLE', cause: expect.any(Error) } });
  }
  expect({ rows: count(), commits }).toEqual({ rows: 0, commits: [] });
  expect(await queue.add(insert(null))).toBe(1);
});

test('a full disk refuses with what to do, and writing goes on once there is room', async () => {
  const fill: Job<void> = (tx) => {
    tx.sql.run('INSERT INTO t SELECT NULL FROM json_each(?)', JSON.stringify(upTo(5_000)));
  };
  db.exec('PRAGMA max_page_count = 5');
  const [small, big] = await Promise.allSettled([queue.add(insert(null)), queue.add(fill)]);
  for (const result of [small, big]) {
    expect(result).toMatchObject({
      reason: {
        code: 'UNAVAILABLE',
        retryable: true,
        message: 'the disk of the state directory is full',
        hint: expect.stringContaining('free some space'),
      },
    });
  }
  expect(count()).toBe(0);
  db.exec('PRAGMA max_page_count = 5000');
  await queue.add(fill);
  expect(count()).toBe(5_000);
});

test('a database that may not be written refuses, and serves again when it may', async () => {
  db.exec('PRAGMA query_only = ON');
  await expect(queue.add(insert(null))).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: 'the state database cannot be written',
  });
  db.exec('PRAGMA query_only = OFF');
  expect(await queue.add(insert(null))).toBe(1);
});

test('while another connection writes, jobs wait, reads go on, and then all is written', async () => {
  const other = connect(directory);
  other.exec('BEGIN IMMEDIATE');
  const waiting = queue.add(insert(null));
  await new Promise((resolve) => setImmediate(resolve));
  expect(count()).toBe(0);
  other.exec('COMMIT');
  expect(await waiting).toBe(1);
});

test('a lock that is never given back refuses the jobs, and the next may try anew', async () => {
  const other = connect(directory);
  other.exec('BEGIN IMMEDIATE');
  const refused = await queue.add(insert(null)).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(SessionError);
  expect(refused).toMatchObject({ message: 'the state database is locked by another process' });
  const next = queue.add(insert(null));
  await new Promise((resolve) => setImmediate(resolve));
  other.exec('COMMIT');
  expect(await next).toBe(1);
});

test('while the journal is full and somebody reads it nothing is written; then all is', async () => {
  await queue.add(insert(null));
  const reader = connect(directory);
  reader.exec('BEGIN; SELECT * FROM t');
  await queue.add(insert(null));
  journal = JOURNAL_BYTES_MAX;
  const refused = await queue.add(insert(null)).catch((error: unknown) => error);
  expect(refused).toMatchObject({
    code: 'UNAVAILABLE',
    message: 'the journal of the state database is full and cannot be emptied',
    hint: expect.stringContaining('end it'),
  });
  reader.close();
  journal = 0;
  expect(await queue.add(insert(null))).toBe(3);
});

test('closing waits for what was added, over several commits, and refuses what comes after', async () => {
  const added = upTo(1200).map(() => queue.add(insert(null)));
  await Promise.all([queue.close(), queue.close()]);
  expect(count()).toBe(1200);
  expect(commits.length).toBeGreaterThan(2);
  await Promise.all(added);
  await expect(queue.add(insert(null))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});
