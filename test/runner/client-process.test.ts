import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { clientOf, isStarter } from '../../src/runner/client-process.ts';
import { createOwners } from '../../src/runner/owners.ts';
import { bootId, lookAt, startTimeOf } from '../../src/runner/process-table.ts';

/** Prints its pid and stays, as a server would. */
const SERVER = [process.execPath, '-e', 'console.log(process.pid); setInterval(() => {}, 1e6)'];
/** Starts what is named behind it, and stays with it: another client. */
const CLIENT = `require('node:child_process')
  .spawn(process.argv[1], process.argv.slice(2), { stdio: 'inherit' });`;

/** The pid that a command prints first. Everything that it started ends with the test. */
async function started(command: readonly string[], cwd?: string): Promise<number> {
  const [file = '', ...args] = command;
  const child: ChildProcess = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'ignore'],
    cwd,
    detached: true,
  });
  onTestFinished(() => void process.kill(-(child.pid ?? 0), 'SIGKILL'));
  const [line] = await once(child.stdout ?? child, 'data');
  return Number(String(line));
}

const quoted = SERVER.map((word) => `'${word}'`).join(' ');
/** What a shell must stay for: it has something to do afterwards. */
const inShell = (shell: string) => [shell, '-c', `${quoted}; true`];
const ourselves = () => `${process.pid}/${startTimeOf(process.pid)}`;

function packageThatStarts(line: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'claude-sessions-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ scripts: { start: line } }));
  return folder;
}

describe('the client of a server', () => {
  test('is the process that started it, whatever it was started through', async () => {
    const npm = packageThatStarts(`${quoted}; true`);
    const ways = [
      SERVER,
      inShell('/bin/sh'),
      ['env', 'A=1', ...inShell('/bin/bash')],
      ['timeout', '600', ...SERVER],
      ['npm', '--silent', '--prefix', npm, 'start'],
      [...inShell('/bin/sh').slice(0, 2), `npm --silent --prefix ${npm} start; true`],
    ];
    for (const way of ways) expect(clientOf(await started(way))).toBe(ourselves());
  });

  test('is another one if another program started it', async () => {
    const there = await started([process.execPath, '-e', CLIENT, ...inShell('/bin/sh')]);
    expect(clientOf(there)).toMatch(/^\d+\/\d+$/);
    expect(clientOf(there)).not.toBe(ourselves());
  });

  test('is unknown if that is gone: an orphan falls to the first process of the system', async () => {
    const orphan = await started(['/bin/sh', '-c', `${quoted} &`]);
    await expect.poll(() => (lookAt(orphan) as { parent: number }).parent).toBe(1);
    onTestFinished(() => void process.kill(orphan, 'SIGKILL'));
    expect(clientOf(orphan)).toBeUndefined();
    expect(clientOf(2 ** 30)).toBeUndefined();
    expect(clientOf(1)).toBeUndefined();
  });
});

test('two servers are of one client if both are alive here and it started both', async () => {
  const { self, isOfSameClient } = createOwners('me');
  const [, , boot, namespace] = self.split('/');
  const nameOf = (pid: number, kernel = boot) =>
    ['other', pid, kernel, namespace, startTimeOf(pid)].join('/');
  // Our own client is whoever runs the tests; what that one has started besides is out of reach here.
  expect(isOfSameClient(self)).toBe(clientOf(process.pid) !== undefined);
  const there = await started(SERVER);
  expect(isOfSameClient(nameOf(there))).toBe(false);
  expect(isOfSameClient(nameOf(process.pid, 'another boot'))).toBe(false);
  expect(isOfSameClient(['other', process.pid, boot, namespace, '1'].join('/'))).toBe(false);
  expect(isOfSameClient('nonsense')).toBe(false);
  expect(bootId()).toBe(boot);
});

test.each<[boolean, string[]]>([
  [true, ['npm exec claude-sessions-mcp']],
  [true, ['npm start']],
  [true, ['/usr/bin/node', '/usr/lib/node_modules/npm/bin/npm-cli.js', 'start']],
  [true, ['node', '--no-warnings', '/home/me/.nvm/bin/npx', '-y', 'claude-sessions-mcp']],
  [true, ['node', '/opt/pnpm/bin/pnpm.cjs', 'dlx', 'claude-sessions-mcp']],
  [true, ['/bin/sh', '-c', 'claude-sessions-mcp']],
  [true, ['bash', '/home/me/start-server.sh']],
  [true, ['/usr/bin/env', 'node', 'dist/main.js']],
  [true, ['/Applications/Claude.app/Contents/Helpers/disclaimer', 'npx', '-y', 'x']],
  [true, ['/opt/claude/claude-desktop', '--type=utility', '--lang=en']],
  [false, ['-zsh']],
  [false, ['bash', '--login', '-i']],
  [false, ['/opt/claude/claude-desktop']],
  [false, ['claude']],
  [false, ['node', '/home/me/client.js', '/opt/npm/npm-cli.js']],
  [false, ['node']],
  [false, ['/Applications/Visual', 'Studio', 'Code.app/Contents/MacOS/Electron']],
  [false, ['/opt/npmx/server']],
  [false, []],
])('that it only starts others is %j for %j', (expected, words) => {
  expect(isStarter(words)).toBe(expected);
});
