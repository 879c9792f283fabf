import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { DATABASE_FILE } from '../../src/store/sqlite/files.ts';
import {
  openDatabase,
  refuseNetworkFileSystem,
  refuseOldSqlite,
} from '../../src/store/sqlite/open.ts';
import type { Store } from '../../src/store/store.ts';
import { createIn, PRINCIPAL, say, upTo } from './fixtures.ts';
import { connect, newDirectory, openStore } from './temporary.ts';

let directory: string;
let file: string;

beforeEach(() => {
  directory = join(newDirectory(), 'state');
  file = join(directory, DATABASE_FILE);
});

const open = (): Promise<Store> => openStore({ directory });

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

async function madeWithEvents(): Promise<void> {
  const store = await open();
  const id = await createIn(store);
  await Promise.all(upTo(200).map(() => say(store, id, 'x'.repeat(500))));
  await store.close();
}

/** The refusal of an open that must fail and leave the database file as it is. */
async function refusal(): Promise<unknown> {
  const before = readFileSync(file);
  const refused = await open().catch((error: unknown) => error);
  expect(readFileSync(file).equals(before)).toBe(true);
  return refused;
}

test.each([0o000, 0o022, 0o777])(
  'with umask %o only the owner may enter and read',
  async (umask) => {
    const usual = process.umask(umask);
    try {
      const store = await open();
      await createIn(store);
      expect(modeOf(directory)).toBe('700');
      expect(readdirSync(directory).sort()).toEqual(
        ['', '-shm', '-wal'].map((end) => DATABASE_FILE + end),
      );
      for (const name of readdirSync(directory)) expect(modeOf(join(directory, name))).toBe('600');
    } finally {
      process.umask(usual);
    }
  },
);

test('a directory that is there already keeps its mode', async () => {
  mkdirSync(directory, { mode: 0o750 });
  await open();
  expect(modeOf(directory)).toBe('750');
});

test('a commit is synced before it is answered, and one attempt at a lock is short', async () => {
  const db = await openDatabase(directory);
  const settings = ['journal_mode', 'synchronous', 'foreign_keys', 'busy_timeout'].map((name) =>
    Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {}),
  );
  db.close();
  expect(settings.flat()).toEqual(['wal', 2, 1, 20]);
});

test('a database that a newer program has written is refused and left alone', async () => {
  await madeWithEvents();
  const db = connect(directory);
  db.exec('PRAGMA user_version = 99');
  db.close();
  expect(await refusal()).toMatchObject({
    code: 'UNAVAILABLE',
    retryable: false,
    message: expect.stringMatching(/has schema 99; this program knows up to \d/),
  });
});

test('a file that is no database is refused and left alone', async () => {
  mkdirSync(directory);
  writeFileSync(file, 'this is my diary\n'.repeat(1000));
  expect(await refusal()).toMatchObject({
    code: 'UNAVAILABLE',
    message: `state directory ${directory}: the state database is not an SQLite database`,
  });
});

test.each([
  ['cut short', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
  ['overwritten in the middle', (bytes: Buffer) => bytes.fill(0xa5, 40_960, 49_152)],
])('a database that was %s is refused and left alone', async (_how, damage) => {
  await madeWithEvents();
  writeFileSync(file, damage(readFileSync(file)));
  expect(await refusal()).toMatchObject({
    code: 'UNAVAILABLE',
    retryable: false,
    message: expect.stringContaining('the state database is damaged'),
    hint: expect.stringContaining('backup'),
  });
});

test('an empty database file is a new one', async () => {
  mkdirSync(directory);
  writeFileSync(file, '');
  const store = await open();
  expect(await store.session(PRINCIPAL, await createIn(store))).toBeDefined();
});

test('a database that another process is just making is waited for', async () => {
  mkdirSync(directory);
  const maker = connect(directory);
  maker.exec('BEGIN IMMEDIATE');
  const opening = open();
  maker.exec('COMMIT');
  maker.close();
  await opening;
});

test('a state directory that cannot be made is refused by its name', async () => {
  writeFileSync(directory, 'a file');
  await expect(open()).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining(directory),
  });
});

test.each(['3.51.2', '3.9.99', '2.99.99'])('SQLite %s is refused', (version) => {
  expect(() => refuseOldSqlite(version)).toThrow(`SQLite ${version} can corrupt`);
});

test.each(['3.51.3', '3.53.4', '4.0.0'])('SQLite %s is good', (version) => {
  refuseOldSqlite(version);
});

test('a network file system is refused, and the error says which one', () => {
  expect(() => refuseNetworkFileSystem('/state', 'NFS')).toThrow(
    expect.objectContaining({
      code: 'UNAVAILABLE',
      retryable: false,
      message: 'the state directory /state is on NFS',
    }),
  );
});
