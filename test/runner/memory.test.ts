import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { REMEMBERED_TEXT_BYTES_MAX } from '../../src/process-limits.ts';
import { memoryOf, placesOf } from '../../src/runner/memory.ts';
import { ruleName } from '../../src/session/remembered.ts';

let base: string;
let home: string;
let work: string;

beforeAll(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'memory-')));
  home = join(base, 'home');
  work = join(home, 'shop');
  await mkdir(join(work, 'src'), { recursive: true });
  await mkdir(join(home, '.ssh'));
  await writeFile(join(work, 'file'), '');
});
afterAll(() => rm(base, { recursive: true }));

function places(workingDirectory = work, config = join(base, 'claude-config')) {
  return placesOf([workingDirectory], { HOME: home, CLAUDE_CONFIG_DIR: config });
}

const words = (text: string) => text.trim().split(/\s+/);

/** Credentials begin with `sk-` here. */
const shown = (text: string) => text.replace(/sk-\w+/g, '[redacted]');
const memory = (tool: string, input: Record<string, unknown>, at = places()) =>
  memoryOf(tool, input, at, shown);
const writing = (path: string, at = places()) => memory('Write', { file_path: path }, at);
const as = async (tool: string, input: Record<string, unknown>) => (await memory(tool, input))?.as;

/** Whether allowing the first for the session allows the second. */
async function covers(
  tool: string,
  first: Record<string, unknown>,
  second: Record<string, unknown>,
): Promise<boolean> {
  const [allowed, later] = await Promise.all([memory(tool, first), memory(tool, second)]);
  if (allowed === undefined) throw new Error('the first cannot be remembered');
  return later !== undefined && ruleName(later.rule) === ruleName(allowed.rule);
}

describe('an answer for the session to a file tool', () => {
  test.each([
    ['Write', 'file_path'],
    ['Edit', 'file_path'],
    ['MultiEdit', 'file_path'],
    ['Read', 'file_path'],
    ['NotebookEdit', 'notebook_path'],
  ])('%s covers other files inside the directory, new ones too', async (tool, argument) => {
    const first = { [argument]: join(work, 'file') };
    expect(await as(tool, first)).toBe(`${tool} files inside ${work}, except protected ones`);
    expect(await covers(tool, first, { [argument]: join(work, 'new/deep/file.txt') })).toBe(true);
    expect(await covers(tool, first, { [argument]: `${work}/./src//x/` })).toBe(true);
  });

  test('covers that tool only', async () => {
    const path = { file_path: join(work, 'file') };
    const [write, edit] = await Promise.all([memory('Write', path), memory('Edit', path)]);
    expect(write?.rule).not.toEqual(edit?.rule);
  });

  test.each([
    '/etc/passwd',
    '../other/file',
    'src/../file',
    '~/shop/file',
    './file',
    '',
    ' /shop/file',
    'nul\0',
  ])('does not cover %j', async (path) => {
    const given = path.startsWith('..') || path.startsWith('src') ? `${work}/${path}` : path;
    expect(await writing(given)).toBeUndefined();
  });

  test.each([undefined, 7, null, ['/a'], {}])('does not cover a path that is %j', async (path) => {
    expect(await memory('Write', { file_path: path })).toBeUndefined();
  });

  test.each(
    words(`
    .git/hooks/pre-commit sub/.git/hooks/x sub/.git .GIT/config .g\u200cit/config .git./config
    git~1/config .gitmodules .claude/settings.json sub/.Claude/commands/x.md .mcp.json
    .MCP.json .vscode/tasks.json .idea/workspace.xml .husky/pre-commit .envrc .npmrc .bashrc
    .zshenv .ssh/authorized_keys .aws/credentials .config/gcloud/x .config/gh/hosts.yml
    .hg/hgrc sub/.jj/repo/config.toml .codex/config.toml .gemini/settings.json
    shop.code-workspace .Rprofile .irbrc`),
  )('does not cover the protected %s', async (name) => {
    expect(await writing(join(work, name))).toBeUndefined();
  });

  test.each(
    words(`
    .gitignore .github/workflows/x.yml .config/app.json .env.example git/x .eslintrc head/x
    HEAD.md notes.code-workspace.md`),
  )('covers %s, which is the project’s own', async (name) => {
    expect(await writing(join(work, name))).toBeDefined();
  });

  test('does not cover what a link leads out to, be it there or not yet', async () => {
    await symlink(home, join(work, 'out'));
    await symlink(join(home, 'not-there'), join(work, 'dangling'));
    await symlink('loop', join(work, 'loop'));
    await symlink(join(work, 'src'), join(work, 'in'));
    await mkdir(join(work, '.git'), { recursive: true });
    await symlink(join(work, '.git'), join(work, 'hidden'));
    for (const path of words('out/x dangling dangling/x loop hidden/hooks/x file/x'))
      expect(await writing(join(work, path)), path).toBeUndefined();
    expect(await writing(join(work, 'in/x'))).toBeDefined();
  });

  test('does not cover a repository under another name', async () => {
    await mkdir(join(work, 'bare/objects'), { recursive: true });
    await writeFile(join(work, 'bare/HEAD'), 'ref: refs/heads/main');
    expect(await writing(join(work, 'bare/hooks/post-receive'))).toBeUndefined();
  });

  test('does not cover the last file that makes a folder a repository', async () => {
    await mkdir(join(work, 'planted/objects'), { recursive: true });
    await writeFile(join(work, 'planted/config'), '[core] fsmonitor = sh run.sh');
    expect(await writing(join(work, 'planted/HEAD'))).toBeUndefined();
    expect(await writing(join(work, 'new/head'))).toBeUndefined();
  });

  test('does not cover Claude Code’s configuration, wherever it is', async () => {
    const config = join(work, 'config');
    expect(await writing(join(config, 'x'), places(work, config))).toBeUndefined();
    expect(await writing(join(work, 'CONFIG', 'x'), places(work, config))).toBeUndefined();
    expect(await writing(join(config, 'x'))).toBeDefined();
  });

  test('takes an empty or relative place of the configuration as Claude Code is given it', () => {
    expect(placesOf([work], { HOME: home, CLAUDE_CONFIG_DIR: '' }).configDirectory).toBe(
      join(home, '.claude'),
    );
    expect(placesOf([work], { CLAUDE_CONFIG_DIR: 'conf' }).configDirectory).toBe(resolve('conf'));
  });

  test.each(['.ssh/authorized_keys', '.local/bin/git', 'bin/git', '.profile', '.config/x', '.x'])(
    'does not cover ~/%s in a session that works in the home directory, or above it',
    async (name) => {
      expect(await writing(join(home, name), places(home))).toBeUndefined();
      expect(await writing(join(home, name), places(base))).toBeUndefined();
      expect(await writing(join(home, 'notes.txt'), places(home))).toBeDefined();
    },
  );

  test('covers nothing in a directory that is protected itself, or is the root', async () => {
    expect(await writing(join(home, '.ssh/x'), places(join(home, '.ssh')))).toBeUndefined();
    expect(await writing('/x', places('/'))).toBeUndefined();
  });

  test('covers nothing once the directory has become a link to elsewhere, or is gone', async () => {
    const moved = join(base, 'moved');
    const path = join(work, 'file');
    await rename(work, moved);
    try {
      expect(await writing(path)).toBeUndefined();
      await symlink('/etc', work);
      expect(await writing(join(work, 'passwd'))).toBeUndefined();
      await rm(work);
    } finally {
      await rename(moved, work);
    }
    expect(await writing(path)).toBeDefined();
  });

  test('covers nothing whose path is too long to be looked at', async () => {
    expect(await writing(join(work, 'x'.repeat(5000)))).toBeUndefined();
  });
});

describe('an answer for the session to another tool', () => {
  test('covers a command as it stands, and shows it', async () => {
    expect(await as('Bash', { command: 'npm test', timeout: 1 })).toBe('Bash(npm test)');
    const first = { command: 'npm test', description: 'a' };
    expect(await covers('Bash', first, { command: 'npm test', description: 'b' })).toBe(true);
    for (const command of ['npm test ', 'npm test && x', 'NPM test', ''])
      expect(await covers('Bash', first, { command })).toBe(false);
    expect(await memory('Bash', { command: 7 })).toBeUndefined();
  });

  test('covers a command in its sandbox only, if it was allowed there', async () => {
    const plain = { command: 'npm test' };
    const loose = { ...plain, dangerouslyDisableSandbox: true };
    expect(await covers('Bash', plain, { ...plain, dangerouslyDisableSandbox: false })).toBe(true);
    expect(await covers('Bash', plain, loose)).toBe(false);
    expect(await covers('Bash', plain, { ...plain, dangerouslyDisableSandbox: 'true' })).toBe(
      false,
    );
    expect(await covers('Bash', loose, plain)).toBe(false);
    expect(await covers('Bash', loose, { ...loose, description: 'again' })).toBe(true);
    expect(await as('Bash', loose)).toBe('Bash outside of its sandbox(npm test)');
  });

  test('shows no more of a command than the bound, and covers all of it', async () => {
    const command = 'é'.repeat(10_000);
    const text = (await as('Bash', { command })) ?? '';
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(
      REMEMBERED_TEXT_BYTES_MAX + 'Bash()'.length,
    );
    expect(text).toContain('bytes cut');
    expect(await covers('Bash', { command }, { command: `${command}x` })).toBe(false);
  });

  test('shows no credential, also not the beginning of one that is cut off', async () => {
    expect(await as('Bash', { command: 'curl -u sk-abc' })).toBe('Bash(curl -u [redacted])');
    const text = await as('Bash', {
      command: `${'x'.repeat(REMEMBERED_TEXT_BYTES_MAX - 40)} sk-${'a'.repeat(99)}`,
    });
    expect(text).not.toContain('sk-');
    expect(await memory('WebFetch', { url: 'https://sk-abc.example.com' })).toBeUndefined();
    expect(await memory('mcp__sk-abc__x', {})).toBeUndefined();
    expect(await memory('sk-abc', {})).toBeUndefined();
  });

  test('covers addresses of the same host', async () => {
    const first = { url: 'https://example.com/a', prompt: 'x' };
    expect(await as('WebFetch', first)).toBe('WebFetch of example.com');
    expect(await covers('WebFetch', first, { url: 'http://EXAMPLE.com/b?c' })).toBe(true);
    for (const url of [
      'https://example.com.evil.net/',
      'https://evil.net/example.com',
      'https://example.com@evil.net/',
      'https://sub.example.com/',
      'https://example.com./',
      'https://example.com:8443/',
      'https://evil.net\\@example.com',
    ])
      expect(await covers('WebFetch', first, { url })).toBe(false);
    for (const url of ['example.com', '', 'file:///etc/passwd', undefined, 7])
      expect(await memory('WebFetch', { url })).toBeUndefined();
  });

  test('covers a tool of an MCP server, with any input', async () => {
    expect(await as('mcp__tracker__create', { a: 1 })).toBe('the tool mcp__tracker__create');
    expect(await covers('mcp__tracker__create', { a: 1 }, { b: 2 })).toBe(true);
  });

  test('covers exactly that input of a tool that it does not know', async () => {
    expect(await as('WebSearch', { query: 'x' })).toBe('WebSearch({"query":"x"})');
    expect(await covers('PowerShell', { command: 'a', b: [1] }, { b: [1], command: 'a' })).toBe(
      true,
    );
    expect(await covers('PowerShell', { command: 'a' }, { command: 'b' })).toBe(false);
  });

  test('is not remembered of a question, a search, or an input that cannot be read', async () => {
    for (const tool of ['AskUserQuestion', 'ExitPlanMode', 'Grep', 'Glob', 'LS'])
      expect(await memory(tool, { path: work, pattern: 'x' })).toBeUndefined();
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    expect(await memory('Unknown', circular)).toBeUndefined();
  });
});
