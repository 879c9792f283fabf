import { execFile, execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { TRUST_RECORD_BYTES_MAX } from '../../src/process-limits.ts';
import { checkoutOf } from '../../src/runner/checkout.ts';
import { isTrusted } from '../../src/runner/trust-record.ts';

const run = promisify(execFile);

/** A home with a Claude Code that has been trusted in some directories, and room for repositories beside it. */
class Person {
  readonly #directory: string;
  readonly environment: Record<string, string>;

  private constructor(directory: string) {
    this.#directory = directory;
    this.environment = { HOME: this.at('home') };
  }

  static async make(): Promise<Person> {
    const directory = await realpath(await mkdtemp(join(tmpdir(), 'trust-record-')));
    onTestFinished(() => rm(directory, { recursive: true }));
    const person = new Person(directory);
    await mkdir(person.at('home'));
    return person;
  }

  at(...names: string[]): string {
    return join(this.#directory, ...names);
  }

  /** A repository with a commit. */
  repository(name: string): string {
    const root = this.at(name);
    git('/', 'init', '-q', root);
    git(root, 'commit', '-q', '--allow-empty', '-m', 'first');
    return root;
  }

  async folder(...names: string[]): Promise<string> {
    await mkdir(this.at(...names), { recursive: true });
    return this.at(...names);
  }

  async file(path: string, text: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }

  async trust(...paths: string[]): Promise<void> {
    const projects = paths.map((path) => [path, { hasTrustDialogAccepted: true }]);
    await this.record(JSON.stringify({ projects: Object.fromEntries(projects) }));
  }

  record(text: string): Promise<void> {
    return writeFile(this.at('home', '.claude.json'), text);
  }

  trusts(path: string): Promise<boolean> {
    return isTrusted(path, this.environment);
  }
}

function git(directory: string, ...args: string[]): void {
  const own = ['-c', 'user.name=x', '-c', 'user.email=x@example.org'];
  execFileSync('git', ['-C', directory, ...own, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

test('a trusted repository is trusted in each of its folders, and one beside or below it is not', async () => {
  const person = await Person.make();
  const root = person.repository('repository');
  const other = person.repository('repository/vendor/other');
  const folder = await person.folder('repository', 'a', 'b');
  expect(await person.trusts(root)).toBe(false);
  await person.trust(root);
  expect(await Promise.all([root, folder].map((path) => person.trusts(path)))).toEqual([
    true,
    true,
  ]);
  expect(await person.trusts(other)).toBe(false);
  expect(await person.trusts(await person.folder('repository-2'))).toBe(false);
});

test('outside of git, the directory itself is trusted, and nothing below it', async () => {
  const person = await Person.make();
  const above = await person.folder('src');
  const below = await person.folder('src', 'clone');
  await person.trust(above);
  expect(await person.trusts(above)).toBe(true);
  expect(await person.trusts(below)).toBe(false);
  expect(await person.trusts(person.repository('src/repository'))).toBe(false);
});

test('a record with another spelling counts for nothing, and a link leads to what it means', async () => {
  const person = await Person.make();
  const root = person.repository('repository');
  await symlink(root, person.at('link'));
  for (const spelling of [person.at('link'), `${root}/`, `${root}/.`, root.toUpperCase()]) {
    await person.trust(spelling);
    expect(await person.trusts(root), spelling).toBe(false);
    expect(await person.trusts(person.at('link')), spelling).toBe(false);
  }
  await person.trust(root);
  expect(await person.trusts(person.at('link'))).toBe(true);
});

test('the home directory is never trusted, whatever the record says', async () => {
  const person = await Person.make();
  const home = person.at('home');
  await person.trust(home);
  expect(await person.trusts(home)).toBe(false);
  git(home, 'init', '-q');
  expect(await person.trusts(await person.folder('home', 'notes'))).toBe(false);
});

test('the record is where Claude Code keeps it: below CLAUDE_CONFIG_DIR if that is set', async () => {
  const person = await Person.make();
  const root = person.repository('repository');
  await person.trust(root);
  const config = await person.folder('config');
  const moved = { ...person.environment, CLAUDE_CONFIG_DIR: config };
  expect(await isTrusted(root, moved)).toBe(false);
  await writeFile(join(config, '.claude.json'), await readFile(person.at('home', '.claude.json')));
  expect(await isTrusted(root, moved)).toBe(true);
  expect(await isTrusted(root, { ...moved, HOME: config })).toBe(true);
});

test.each([
  ['no JSON', '{"projects": {'],
  ['a list', '[]'],
  ['null', 'null'],
  ['projects that are a list', '{"projects": []}'],
  ['no projects', '{}'],
  ['a project that is no object', '{"projects": {"ROOT": true}}'],
  ['an answer that is no', '{"projects": {"ROOT": {"hasTrustDialogAccepted": false}}}'],
  [
    'an answer that only looks like yes',
    '{"projects": {"ROOT": {"hasTrustDialogAccepted": "true"}}}',
  ],
  [
    'too much',
    `{"projects": {"ROOT": {"hasTrustDialogAccepted": true}}, "x": "${'x'.repeat(TRUST_RECORD_BYTES_MAX)}"}`,
  ],
])('a record with %s counts as none', async (_what, text) => {
  const person = await Person.make();
  const root = person.repository('repository');
  await person.record(text.replace('ROOT', root));
  expect(await person.trusts(root)).toBe(false);
});

test('a record that is a pipe or a folder, or that nobody may read, counts as none and holds nobody up', async () => {
  const person = await Person.make();
  const root = person.repository('repository');
  const file = person.at('home', '.claude.json');
  await run('mkfifo', [file]);
  expect(await person.trusts(root)).toBe(false);
  await rm(file);
  await mkdir(file);
  expect(await person.trusts(root)).toBe(false);
  await rm(file, { recursive: true });
  await symlink(file, file);
  expect(await person.trusts(root)).toBe(false);
});

test('a record with an entry that makes no sense still counts for the others', async () => {
  const person = await Person.make();
  const root = person.repository('repository');
  const projects = { '/x': 7, [root]: { hasTrustDialogAccepted: true } };
  await person.record(JSON.stringify({ projects, other: [] }));
  expect(await person.trusts(root)).toBe(true);
});

test('a linked worktree has the trust of its main checkout, and none of its own', async () => {
  const person = await Person.make();
  const root = person.repository('repository');
  const worktree = person.at('elsewhere', 'worktree');
  git(root, 'worktree', 'add', '-q', worktree);
  expect(await checkoutOf(join(worktree, 'a'))).toEqual({ root: worktree, main: root });
  await person.trust(worktree);
  expect(await person.trusts(worktree)).toBe(false);
  await person.trust(root);
  expect(await person.trusts(worktree)).toBe(true);
  expect(await person.trusts(await person.folder('elsewhere', 'worktree', 'a'))).toBe(true);
});

test('a worktree that was made by a path through a link, or with relative paths, is one too', async () => {
  const person = await Person.make();
  const root = person.repository('repository');
  await symlink(person.at('.'), person.at('link'));
  git(person.at('link', 'repository'), 'worktree', 'add', '-q', person.at('link', 'worktree'));
  await person.trust(root);
  expect(await person.trusts(person.at('worktree'))).toBe(true);
  await writeFile(person.at('worktree', '.git'), 'gitdir: ../repository/.git/worktrees/worktree\n');
  await writeFile(
    person.at('repository', '.git', 'worktrees', 'worktree', 'gitdir'),
    '../../../../worktree/.git\n',
  );
  expect(await person.trusts(person.at('worktree'))).toBe(true);
});

test('a forged .git file borrows no trust', async () => {
  const person = await Person.make();
  const root = person.repository('repository');
  git(root, 'worktree', 'add', '-q', person.at('worktree'));
  await person.trust(root, person.at('worktree'));
  const real = join(root, '.git', 'worktrees', 'worktree');
  const hostile = await person.folder('hostile');
  const pointer = join(hostile, '.git');
  const forged = await person.folder('hostile', 'made', '.git', 'worktrees', 'x');
  const submodule = await person.folder('hostile', 'modules', 'x');
  for (const folder of [forged, submodule]) {
    await person.file(join(folder, 'gitdir'), `${pointer}\n`);
    await person.file(join(folder, 'commondir'), `${join(root, '.git')}\n`);
  }
  await symlink(forged, join(hostile, 'linked'));
  for (const named of [
    real,
    join(root, '.git'),
    root,
    forged,
    submodule,
    join(hostile, 'linked'),
  ]) {
    await writeFile(pointer, `gitdir: ${named}\n`);
    expect(await person.trusts(hostile), named).toBe(false);
  }
  await rm(pointer);
  await symlink(person.at('worktree', '.git'), pointer);
  expect(await person.trusts(hostile), 'a link to the file of a worktree').toBe(false);
  await rm(pointer);
  await symlink(join(root, '.git'), pointer);
  expect(await person.trusts(hostile), 'a link to the repository').toBe(false);
});

test('whatever else is called .git makes a root of its own', async () => {
  const person = await Person.make();
  const root = person.repository('repository');
  await person.trust(root);
  const inside = await person.folder('repository', 'inside');
  const pointer = join(inside, '.git');
  expect(await person.trusts(inside)).toBe(true);
  await writeFile(pointer, 'x'.repeat(100_000));
  expect(await person.trusts(inside)).toBe(false);
  await rm(pointer);
  await run('mkfifo', [pointer]);
  expect(await person.trusts(inside)).toBe(false);
  await rm(pointer);
  await symlink('nowhere', pointer);
  expect(await person.trusts(inside)).toBe(false);
});

test('a submodule is a repository of its own, also in a worktree of a trusted one', async () => {
  const person = await Person.make();
  const [root, library] = [person.repository('repository'), person.repository('library')];
  const allowing = ['-c', 'protocol.file.allow=always'];
  git(root, ...allowing, 'submodule', '--quiet', 'add', library, 'library');
  git(root, 'commit', '-q', '-m', 'library');
  const worktree = person.at('worktree');
  git(root, 'worktree', 'add', '-q', worktree);
  git(worktree, ...allowing, 'submodule', '--quiet', 'update', '--init');
  await person.trust(root);
  expect(await person.trusts(join(root, 'library'))).toBe(false);
  expect(await person.trusts(join(worktree, 'library'))).toBe(false);
});
