import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { openInspection } from '../../src/store/sqlite/inspection.ts';
import { connect, newDirectory, openStore } from './temporary.ts';

let directory: string;

beforeEach(() => {
  directory = join(newDirectory(), 'state');
});

test('if no server has run there is nothing to inspect, and nothing is made', async () => {
  expect(await openInspection(directory)).toBeUndefined();
  expect(existsSync(directory)).toBe(false);
  mkdirSync(directory);
  expect(await openInspection(directory)).toBeUndefined();
  expect(readdirSync(directory)).toEqual([]);
});

test('a database that a server is just making is none yet', async () => {
  mkdirSync(directory);
  writeFileSync(join(directory, 'sessions.db'), '');
  expect(await openInspection(directory)).toBeUndefined();
  connect(directory).exec('PRAGMA journal_mode = WAL');
  expect(await openInspection(directory)).toBeUndefined();
});

test.each([
  [1, /schema 1, from before this version/, /brings it up to date/],
  [99, /schema 99/, /newer version/],
])('schema %i is refused with what to do', async (version, message, hint) => {
  await openStore({ directory });
  connect(directory).exec(`PRAGMA user_version = ${version}`);
  const error = await openInspection(directory).catch((error) => error);
  expect(error).toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringMatching(message),
    hint: expect.stringMatching(hint),
  });
  expect(error.message).toContain(directory);
});

test('what cannot be read says so', async () => {
  writeFileSync(directory, '');
  await expect(openInspection(directory)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});
