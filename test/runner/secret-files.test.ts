import { link, mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { denyRules, leadsToSecret, seeSecretFiles } from '../../src/runner/secret-files.ts';

/** A folder with a token and a database, both in a folder of their own. */
async function makePlace() {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'secret-files-')));
  onTestFinished(() => rm(directory, { recursive: true }));
  const state = join(directory, 'state');
  await mkdir(state);
  await writeFile(join(state, 'token'), 'token');
  await writeFile(join(state, 'sessions.db-wal'), 'journal');
  const at = (...names: string[]) => join(directory, ...names);
  return { at, files: [join(state, 'token'), join(state, 'sessions.db*')] };
}

/** Which of the paths lead to one of the files. */
async function held(
  files: readonly string[],
  paths: readonly string[],
): Promise<readonly string[]> {
  const seen = await seeSecretFiles(files);
  const held: string[] = [];
  for (const path of paths) if (await leadsToSecret(seen, path)) held.push(path);
  return held;
}

test('a file is held by its name, by a link, through a linked folder, by a hard link, and before it is there', async () => {
  const { at, files } = await makePlace();
  await symlink(at('state'), at('folder'));
  await symlink(at('folder', 'token'), at('link'));
  await link(at('state', 'token'), at('hard'));
  const paths = [
    at('state', 'token'),
    at('folder', 'token'),
    at('link'),
    at('hard'),
    at('state', 'sessions.db-wal'),
    at('folder', 'sessions.db-shm'),
  ];
  expect(await held(files, paths)).toEqual(paths);
});

test('no other is: its folder, its neighbours, what is not there, what is no path', async () => {
  const { at, files } = await makePlace();
  await writeFile(at('state', 'tokens'), '');
  const paths = [
    at('state'),
    at('state', 'tokens'),
    at('nowhere', 'token'),
    at('x'.repeat(300)),
    '/',
  ];
  expect(await held(files, paths)).toEqual([]);
});

test('a link is followed to where it leads now', async () => {
  const { at } = await makePlace();
  for (const name of ['old', 'new']) {
    await mkdir(at(name));
    await writeFile(at(name, 'token'), name);
  }
  await symlink('old', at('data'));
  await symlink('data/token', at('token'));
  const files = [at('token')];
  const rules = async () => denyRules(await seeSecretFiles(files));
  expect(await held(files, [at('old', 'token'), at('new', 'token')])).toEqual([at('old', 'token')]);
  expect(await rules()).toContain(`Read(/${at('old', 'token')})`);
  await symlink('new', at('next'));
  await rename(at('next'), at('data'));
  expect(await held(files, [at('old', 'token'), at('new', 'token')])).toEqual([at('new', 'token')]);
  const names = [at('token'), at('data', 'token'), at('new', 'token')];
  expect(await rules()).toEqual(names.flatMap((name) => [`Read(/${name})`, `Edit(/${name})`]));
});

test('not being able to look is no answer', async () => {
  await expect(seeSecretFiles(['/a\0b'])).rejects.toThrow('null bytes');
});
