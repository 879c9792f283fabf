import { once } from 'node:events';
import { appendFileSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { STORE_POLL_MS } from '../../src/process-limits.ts';
import { type WatchDeps, watchCommits } from '../../src/store/sqlite/watch.ts';
import { newDirectory } from './temporary.ts';

let directory: string;
let version: number;
let looks: number;
let heard: number;
let failures: unknown[];
let stop: () => void = () => {};

beforeEach(() => {
  directory = newDirectory();
  [version, looks, heard, failures] = [1, 0, 0, []];
});

afterEach(() => {
  stop();
  vi.useRealTimers();
});

function start(deps: Partial<WatchDeps> = {}): void {
  stop = watchCommits({
    directory,
    version: () => {
      looks += 1;
      if (version === 0) throw new Error('not readable');
      return version;
    },
    changed: () => {
      heard += 1;
    },
    failed: (error) => failures.push(error),
    ...deps,
  });
}

test('a commit that becomes visible only after its file event is heard without the poll', async () => {
  vi.useFakeTimers({ toFake: ['setInterval'] });
  const told = new Promise<void>((resolve) => {
    // The first looks come too early, as they do while the writer waits for its fsync.
    start({ version: () => (++looks > 3 ? 2 : 1), changed: resolve });
  });
  writeFileSync(join(directory, 'sessions.db-wal'), 'x');
  await told;
  expect(looks).toBeGreaterThan(3);
});

test('a second commit right after a first is heard as soon, whatever look is still to come', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'setTimeout', 'clearTimeout'] });
  const file = join(directory, 'sessions.db-wal');
  writeFileSync(file, '');
  start();
  const write = async () => {
    const before = looks;
    appendFileSync(file, 'x');
    while (looks === before) await new Promise((resolve) => setImmediate(resolve));
  };
  await write();
  vi.advanceTimersByTime(1 + 2 + 4 + 8 + 16);
  await write();
  const before = looks;
  vi.advanceTimersByTime(1);
  expect(looks).toBe(before + 1);
});

test('files of others are no reason to look', async () => {
  vi.useFakeTimers({ toFake: ['setInterval'] });
  start();
  const witness = watch(directory);
  writeFileSync(join(directory, 'server.log'), 'x');
  await once(witness, 'change');
  await new Promise((resolve) => setImmediate(resolve));
  expect(looks).toBe(1);
  witness.close();
});

test('if the directory cannot be watched, the poll finds the commit', () => {
  vi.useFakeTimers();
  start({ directory: join(directory, 'missing') });
  expect(failures).toHaveLength(1);
  vi.advanceTimersByTime(STORE_POLL_MS);
  expect(heard).toBe(0);
  version = 2;
  vi.advanceTimersByTime(STORE_POLL_MS);
  expect(heard).toBe(1);
  stop();
  version = 3;
  vi.advanceTimersByTime(STORE_POLL_MS * 2);
  expect(heard).toBe(1);
});

test('a look that fails is reported, and the next one is made all the same', () => {
  vi.useFakeTimers();
  start();
  version = 0;
  vi.advanceTimersByTime(STORE_POLL_MS);
  version = 2;
  vi.advanceTimersByTime(STORE_POLL_MS);
  expect({ failures: failures.length, heard }).toEqual({ failures: 1, heard: 1 });
});
