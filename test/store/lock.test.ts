import type { DatabaseSync } from 'node:sqlite';
import { beforeEach, expect, test } from 'vitest';
import { whileLocked } from '../../src/store/sqlite/lock.ts';
import { connect, newDirectory } from './temporary.ts';

let ours: DatabaseSync;
let theirs: DatabaseSync;

beforeEach(() => {
  const directory = newDirectory();
  // Without WAL, so that a lock keeps readers out too.
  [ours, theirs] = [connect(directory), connect(directory)];
  ours.exec('CREATE TABLE t (n INTEGER)');
});

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
