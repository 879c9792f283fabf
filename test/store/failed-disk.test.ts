import { closeSync, copyFileSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { DATABASE_FILE } from '../../src/store/sqlite/files.ts';
import type { Commit, Store } from '../../src/store/store.ts';
import { FAILED_WRITE, failCommits, NO_LOCK } from '../support/failed-disk.ts';
import { createIn, PRINCIPAL, say } from './fixtures.ts';
import { connect, newDirectory, openStore } from './temporary.ts';

const UNKNOWN = {
  code: 'UNAVAILABLE',
  message: expect.stringContaining('not known whether this call took effect'),
  retryable: false,
};
const NOT_YET = {
  code: 'UNAVAILABLE',
  message: expect.stringContaining('does not work yet'),
  hint: expect.stringContaining('nothing of this call was written'),
  retryable: true,
};

let directory: string;
let store: Store;
let id: string;
let commits: Commit[];

beforeEach(async () => {
  directory = newDirectory();
  store = await openStore({ directory });
  id = await createIn(store);
  commits = [];
  store.observe({ committed: (commit) => commits.push(commit) });
});

function reopened(): Promise<void> {
  return new Promise((resolve) => store.observe({ reopened: resolve }));
}

const outcomeOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'written',
    (error: unknown) => error,
  );

/** What the observers heard, and what the log has. */
async function toldAndKept(): Promise<{ told: string[]; kept: string[] }> {
  const textOf = (event: object) => ('text' in event ? [String(event.text)] : []);
  const told = commits.flatMap(({ changes }) =>
    changes.flatMap(({ events }) => events.flatMap(textOf)),
  );
  const kept = (await store.events(id, 0, 500)).flatMap(textOf);
  return { told, kept };
}

describe('when the disk does not confirm a write', () => {
  test('the calls of that commit hear that nobody knows, and what waits is written to the database opened anew', async () => {
    // A commit takes what waits until its time is up: both calls, while no time passes.
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    failCommits({ times: 1 });
    const again = reopened();
    const asked = [say(store, id, 'a'), say(store, id, 'b')].map(outcomeOf);
    expect(await Promise.race(asked)).toMatchObject(UNKNOWN);
    const waiting = say(store, id, 'c');
    expect(await Promise.all(asked)).toMatchObject([UNKNOWN, UNKNOWN]);
    await waiting;
    await again;
    expect(await toldAndKept()).toEqual({ told: ['c'], kept: ['c'] });
  });

  test('a commit that is there after all is told once, before what comes after it', async () => {
    failCommits({ isWritten: true, times: 1 });
    const heard: unknown[] = [];
    store.subscribe(({ sessions }) => heard.push(sessions));
    const again = reopened();
    expect(await outcomeOf(say(store, id, 'a'))).toMatchObject(UNKNOWN);
    await say(store, id, 'b');
    await again;
    expect(await toldAndKept()).toEqual({ told: ['a', 'b'], kept: ['a', 'b'] });
    expect(heard).toContainEqual(new Set([id]));
    expect(heard).toContain('any');
  });

  test('it is opened anew by itself, and until it works again calls are refused and reads go on', async () => {
    const mend = failCommits();
    const again = reopened();
    expect(await outcomeOf(say(store, id, 'a'))).toMatchObject(UNKNOWN);
    expect(await outcomeOf(say(store, id, 'b'))).toMatchObject(NOT_YET);
    expect(await outcomeOf(say(store, id, 'c'))).toMatchObject(NOT_YET);
    expect(await store.session(PRINCIPAL, id)).toMatchObject({ id });
    mend();
    await again;
    await say(store, id, 'd');
    expect(await toldAndKept()).toEqual({ told: ['d'], kept: ['d'] });
  });

  test('a store that is closed meanwhile refuses what waits, and lets go of its files', async () => {
    failCommits();
    expect(await outcomeOf(say(store, id, 'a'))).toMatchObject(UNKNOWN);
    const late = outcomeOf(say(store, id, 'b'));
    await store.close();
    expect(await late).toMatchObject({ code: 'UNAVAILABLE' });
    await expect(store.session(PRINCIPAL, id)).rejects.toMatchObject({
      message: 'the server is stopping',
    });
  });

  test('a call that is refused meanwhile hears what is in the way', async () => {
    const file = openSync(join(directory, DATABASE_FILE), 'r+');
    onTestFinished(() => closeSync(file));
    const header = Buffer.alloc(16);
    readSync(file, header, 0, 16, 0);
    const again = reopened();
    failCommits({ times: 1 });
    writeSync(file, Buffer.alloc(16), 0, 16, 0);
    expect(await outcomeOf(say(store, id, 'a'))).toMatchObject(UNKNOWN);
    expect(await outcomeOf(say(store, id, 'b'))).toMatchObject({
      message: expect.stringContaining('does not work yet: the state database is not an SQLite'),
    });
    writeSync(file, header, 0, 16, 0);
    await again;
    expect(await outcomeOf(say(store, id, 'c'))).toBe('written');
  });

  test('another database in its place is not gone on with; its own is, once it is back', async () => {
    const file = join(directory, DATABASE_FILE);
    const mend = failCommits();
    expect(await outcomeOf(say(store, id, 'a'))).toMatchObject(UNKNOWN);
    renameSync(file, `${file}.away`);
    copyFileSync(`${file}.away`, file);
    mend();
    const moved = { message: expect.stringContaining('moved, replaced or deleted') };
    await expect.poll(() => outcomeOf(say(store, id, 'b'))).toMatchObject(moved);
    const again = reopened();
    renameSync(`${file}.away`, file);
    await again;
    await say(store, id, 'c');
    expect(await toldAndKept()).toEqual({ told: ['c'], kept: ['c'] });
  });

  test('another server on the directory writes on, and each sees what the other has written', async () => {
    const other = await openStore({ directory });
    failCommits({ times: 1 });
    const again = reopened();
    expect(await outcomeOf(say(store, id, 'a'))).toMatchObject(UNKNOWN);
    await say(other, id, 'b');
    await again;
    await say(store, id, 'c');
    const texts = (await other.events(id, 0, 500)).flatMap((event) =>
      event.type === 'text' ? [event.text] : [],
    );
    expect(texts).toEqual(['b', 'c']);
  });
});

test('a write that failed is refused as such, and the next one goes to the whole database, opened anew in its mode', async () => {
  failCommits({ code: FAILED_WRITE, times: 1 });
  const again = reopened();
  expect(await outcomeOf(say(store, id, 'a'))).toMatchObject({
    message: 'the state database had an I/O error',
    retryable: true,
  });
  await say(store, id, 'b');
  await again;
  expect(await toldAndKept()).toEqual({ told: ['b'], kept: ['b'] });
  const db = connect(directory);
  expect(db.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
  expect(db.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
});

test('a file system that gives no locks is told as such', async () => {
  failCommits({ code: NO_LOCK, times: 1 });
  expect(await outcomeOf(say(store, id, 'a'))).toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining('cannot be locked'),
  });
});
