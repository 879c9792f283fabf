/** Repositories that are not trusted, and whose `.git` names programs. */

import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { namesPrograms } from '../../src/runner/git-guard.ts';
import { openWorld } from './open-world.ts';
import { askedFor, run } from './questions.ts';

const world = await openWorld();
const git = (directory: string, ...args: string[]) =>
  execFileSync('git', ['-C', directory, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args]);

function repository(name: string): string {
  const directory = join(world.directory, name);
  mkdirSync(directory);
  git(directory, 'init', '--quiet');
  writeFileSync(join(directory, 'file.txt'), 'one');
  git(directory, 'add', '.');
  git(directory, 'commit', '--quiet', '-m', 'one');
  return directory;
}

const bash = (command: string) => ({ tool: 'Bash', input: { command } });
const READING = ['git status', 'git diff', 'git blame file.txt', `g'i't status`].map(bash);

describe('git in a repository that is not trusted', () => {
  const directory = repository('hostile');
  const mark = join(world.directory, 'ran');
  const program = join(world.directory, 'program.sh');
  writeFileSync(program, `#!/bin/sh\ntouch '${mark}'\n`);
  chmodSync(program, 0o755);
  git(directory, 'config', 'core.fsmonitor', program);
  git(directory, 'config', 'diff.external', program);
  writeFileSync(join(directory, 'file.txt'), 'two');
  rmSync(mark, { force: true });

  test.each(['none', 'memory'] as const)('runs no program of it unasked: %s', async (settings) => {
    const options = { settings, workingDirectory: directory };
    const session = await world.start({ options });
    session.heard.answer = () => ({ decision: 'deny', message: 'no' });
    await run(session, READING);
    expect(askedFor(session)).toHaveLength(READING.length);
    const plan = await world.start({ options: { ...options, permissionMode: 'plan' } });
    await run(plan, READING);
    expect(askedFor(plan)).toEqual([]);
    const results = plan.heard.all('tool_result').map(({ text }) => text);
    expect(results).toEqual(READING.map(() => expect.stringContaining('plan mode')));
    expect(existsSync(mark)).toBe(false);
  });

  test('in a folder that is a repository only for git is asked about too', async () => {
    const workingDirectory = join(repository('holder'), 'bare');
    git(world.directory, 'init', '--quiet', '--bare', workingDirectory);
    const core = `bare = false\n\tworktree = ${workingDirectory}\n\tfsmonitor = ${program}`;
    writeFileSync(join(workingDirectory, 'config'), `[core]\n\t${core}\n`);
    const session = await world.start({ options: { settings: 'memory', workingDirectory } });
    session.heard.answer = () => ({ decision: 'deny', message: 'no' });
    await run(session, [bash('git status')]);
    expect(askedFor(session)).toEqual(['Bash']);
    expect(existsSync(mark)).toBe(false);
  });

  test('is not asked about if nothing in it names a program', async () => {
    const workingDirectory = repository('usual');
    const session = await world.start({ options: { settings: 'memory', workingDirectory } });
    await run(session, READING);
    expect(askedFor(session)).toEqual([]);
  });
});

test.each([
  '[core]\n\tfsmonitor = x',
  '[core]fsmonitor=x',
  '[core]fsmonitor=true\\\nx',
  '[core]fsmonitor=true\n\tfsmonitor=x',
  '[CORE] FSMonitor=x',
  '[diff "a"] command = x',
  '[filter "x"]\nclean = x',
  '[include]\npath = x',
  '[includeIf "gitdir:/"]\npath = x',
  '[core]\n\tsshCommand = x',
])('the configuration %j names a program', async (text) => {
  const directory = join(world.directory, 'configured');
  mkdirSync(join(directory, '.git'), { recursive: true });
  writeFileSync(join(directory, '.git', 'config'), text);
  expect(await namesPrograms(directory)).toBe(true);
});

test('what git itself writes names none, in worktrees too, and what runs with the index does', async () => {
  const directory = repository('plain');
  git(directory, 'remote', 'add', 'origin', 'https://example.com/clean-command.git');
  git(directory, 'config', 'branch.main.remote', 'origin');
  git(directory, 'config', 'core.fsmonitor', 'true');
  const worktree = join(world.directory, 'worktree');
  git(directory, 'worktree', 'add', '--quiet', worktree);
  expect(await namesPrograms(directory)).toBe(false);
  expect(await namesPrograms(worktree)).toBe(false);
  expect(await namesPrograms(world.cwd)).toBe(false);
  mkdirSync(join(directory, '.git', 'hooks'), { recursive: true });
  writeFileSync(join(directory, '.git', 'hooks', 'post-index-change'), '');
  expect(await namesPrograms(directory)).toBe(true);
  expect(await namesPrograms(worktree)).toBe(true);
});
