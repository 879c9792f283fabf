import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { whileLocked } from '../../src/store/sqlite/lock.ts';

let directory: string;
let ours: DatabaseSync;
let theirs: DatabaseSync;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lock-'));
  // Without WAL, so that a lock keeps readers out too.
  [ours, theirs] = [open(), open()];
  ours.exec('CREATE TABLE t (n INTEGER)');
});

afterEach(() => {
  ours.close();
  theirs.close();
  rmSync(directory, { recursive: true });
});

const open = (): DatabaseSync => new DatabaseSync(join(directory, 'test.db'));
const read = () => ours.prepare('SELECT * FROM t').all();

test('what meets a lock is tried again until the lock is gone, and the event loop runs on', async () => {
  theirs.exec('BEGIN EXCLUSIVE');
  expect(read).toThrow('locked');
  const reading = whileLocked(read);
  await new Promise((resolve) => setImmediate(resolve));
  theirs.exec('INSERT INTO t VALUES (7); COMMIT');
  expect(await reading).toEqual([{ n: 7 }]);
});

test('what fails for another reason is not tried again', async () => {
  let tries = 0;
  const failing = whileLocked(() => {
    tries += 1;
    return ours.prepare('SELECT * FROM nowhere').all();
  });
  await expect(failing).rejects.toThrow('no such table');
  expect(tries).toBe(1);
});
