import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { seeInstructions } from '../../src/runner/instructions.ts';

async function makeDirectory(): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'instructions-')));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

test('a file that is there, or not there, is not excluded', async () => {
  const directory = await makeDirectory();
  await writeFile(join(directory, 'CLAUDE.md'), '');
  expect((await seeInstructions('memory', directory)).excludes).toEqual([]);
});

test.each([
  ['leads nowhere', '/no/such/file'],
  ['leads to itself', 'CLAUDE.md'],
  ['leads out of it', '/etc/passwd'],
])('a link that %s is excluded', async (_, target) => {
  const directory = await makeDirectory();
  await symlink(target, join(directory, 'CLAUDE.md'));
  const path = join(directory, 'CLAUDE.md');
  expect((await seeInstructions('memory', directory)).excludes).toEqual([path]);
});

test('a file in the place of the folder .claude is no instruction', async () => {
  const directory = await makeDirectory();
  await writeFile(join(directory, '.claude'), '');
  expect((await seeInstructions('memory', directory)).excludes).toEqual([]);
});

test('only where instructions alone count is anything excluded', async () => {
  const directory = await makeDirectory();
  await symlink('/etc/hostname', join(directory, 'CLAUDE.md'));
  for (const level of ['none', 'project', 'user'] as const) {
    const instructions = await seeInstructions(level, directory);
    expect(instructions.excludes).toEqual([]);
    expect(await instructions.isUnchanged()).toBe(true);
  }
});

test('a link that appears, disappears or changes sides is a change; another link out of it is none', async () => {
  const directory = await makeDirectory();
  const link = join(directory, '.claude', 'CLAUDE.md');
  await mkdir(join(directory, '.claude'));
  const set = async (target: string) => {
    await rm(link, { force: true });
    await symlink(target, link);
  };
  const before = await seeInstructions('memory', directory);
  await set('/etc/hostname');
  expect(await before.isUnchanged()).toBe(false);
  const after = await seeInstructions('memory', directory);
  await set('/etc/passwd');
  expect(await after.isUnchanged()).toBe(true);
  await writeFile(join(directory, 'inside.md'), '');
  await set('../inside.md');
  expect(await after.isUnchanged()).toBe(false);
});
