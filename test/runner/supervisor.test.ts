import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createFinder } from '../../src/runner/finder.ts';
import { processGuard } from '../../src/runner/guard.ts';
import { createKillTree, identify, spawnGuarded } from '../../src/runner/process.ts';
import { lookAt, MARKER_VARIABLE, startTimeOf } from '../../src/runner/process-table.ts';
import { shellOf } from '../../src/runner/shell.ts';
import { markedOnly } from '../../src/session/process.ts';
import { guardCases } from './guards.ts';

const PARENT = join(import.meta.dirname, 'programs', 'guarding-parent.ts');
const GONE = { timeout: 5000 };

function makeDirectory(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'claude-sessions-guard-')));
  onTestFinished(() => rmSync(directory, { recursive: true, maxRetries: 5 }));
  return directory;
}

function isAlive(pid: number): boolean {
  return lookAt(pid, 'posix') !== 'gone';
}

/** The children of a process, each with its command line. */
function childrenOf(parent: number): { readonly pid: number; readonly line: string }[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=', '-o', 'ppid=', '-o', 'args='], {
    encoding: 'utf8',
  });
  return stdout.split('\n').flatMap((row) => {
    const [, pid, ppid, line = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(row) ?? [];
    return Number(ppid) === parent ? [{ pid: Number(pid), line }] : [];
  });
}

function supervisorOf(server: number): number | undefined {
  return childrenOf(server).find(({ line }) => line.includes('claude-sessions-supervisor'))?.pid;
}

/** A server with a session: its root, and a child of it in a session of its own. */
async function startServer(title: string, directory: string) {
  const marker = `test.${randomUUID()}`;
  const server = spawn(process.execPath, [PARENT, title, marker, directory], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  createInterface({ input: server.stderr }).on('line', (line) => lines.push(line));
  const kill = createKillTree(createFinder(systemOf(title), directory));
  onTestFinished(async () => {
    server.kill('SIGKILL');
    await kill(markedOnly(marker));
  });
  await once(server.stdout, 'data');
  const { pid = 0 } = server;
  const root = childrenOf(pid).find(({ line }) => line.includes('sleep 600'))?.pid ?? 0;
  const findChild = () => childrenOf(root).find(({ line }) => line === 'sleep 600')?.pid;
  await expect.poll(findChild, GONE).toBeDefined();
  return { server, pid, marker, lines, root, child: findChild() ?? 0, kill };
}

function systemOf(title: string) {
  const found = guardCases('.').find((each) => each.title === title);
  if (found === undefined) throw new Error(`${title} does not work here`);
  return found.system;
}

async function killHard(process: ChildProcess): Promise<void> {
  process.kill('SIGKILL');
  await once(process, 'exit');
}

const SUPERVISED = guardCases('.')
  .filter(({ guard }) => guard.name === 'supervisor')
  .map(({ title }) => title);

describe.each(SUPERVISED)('the %s', (title) => {
  test('is replaced when it ends, by one that knows all sessions', async () => {
    const { server, pid, lines, root, child } = await startServer(title, makeDirectory());
    const first = supervisorOf(pid) ?? 0;
    process.kill(first, 'SIGKILL');
    await expect.poll(() => supervisorOf(pid) ?? first, GONE).not.toBe(first);
    const told = 'the process supervisor has ended, starting another';
    await expect.poll(() => lines.join(), GONE).toContain(told);
    await expect.poll(() => lines.join(), GONE).toContain('watches all sessions again');
    await killHard(server);
    await expect.poll(() => [isAlive(root), isAlive(child)], GONE).toEqual([false, false]);
  });

  test('leaves enough for the next server to find all that is left, if it is killed with its own', async () => {
    const directory = makeDirectory();
    const { server, pid, marker, root, child, kill } = await startServer(title, directory);
    // Elsewhere than on Linux, a look must have seen the child.
    const known = () => readFileSync(join(directory, `${marker}.seen`), 'utf8');
    if (systemOf(title) !== 'linux') await expect.poll(known, GONE).toContain(`${child} ${child} `);
    process.kill(supervisorOf(pid) ?? 0, 'SIGSTOP');
    const stopped = supervisorOf(pid) ?? 0;
    await killHard(server);
    process.kill(stopped, 'SIGKILL');
    if (isAlive(root)) process.kill(root, 'SIGKILL');
    expect(isAlive(child)).toBe(true);
    expect(await kill(markedOnly(marker))).toBe(true);
    expect([isAlive(root), isAlive(child)]).toEqual([false, false]);
  });

  test('is gone soon after its server, if no session is left', async () => {
    const { server, pid, root, child } = await startServer(title, makeDirectory());
    const supervisor = supervisorOf(pid) ?? 0;
    await killHard(server);
    await expect
      .poll(() => [root, child, supervisor].map(isAlive), GONE)
      .toEqual([false, false, false]);
  });
});

/** What the files of a guard directory make of the process table. */
async function found(directory: string, marker: string): Promise<readonly number[]> {
  const pids: number[] = [];
  await createFinder('posix', directory).visit(new Set([marker]), (pid) => pids.push(pid));
  return pids;
}

describe('without a mark of the system', () => {
  const now = () => Math.floor(Date.now() / 1000);
  const marker = 'test.marker';

  /** A process whose group has lost its leader. */
  async function startStray(): Promise<{ readonly pid: number; readonly leader: number }> {
    const shell = spawn('sh', ['-c', 'sleep 600 > /dev/null & echo $!'], {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [said] = await once(shell.stdout, 'data');
    if (shell.exitCode === null) await once(shell, 'exit');
    const pid = Number(said);
    onTestFinished(() => void process.kill(pid, 'SIGKILL'));
    return { pid, leader: shell.pid ?? 0 };
  }

  test('a process is known by its start time too', async () => {
    const directory = makeDirectory();
    const { pid, leader } = await startStray();
    const started = startTimeOf(pid, 'posix') ?? '';
    writeFileSync(join(directory, marker), `${pid} ${leader} ${started}\n`);
    expect(await found(directory, marker)).toEqual([pid]);
    const other = started.replace(/\d{4}$/, '1999');
    writeFileSync(join(directory, marker), `${pid} ${leader} ${other}\n`);
    rmSync(join(directory, `${marker}.seen`), { force: true });
    expect(await found(directory, marker)).toEqual([]);
  });

  test('a group without its leader is known if it was there a moment ago, not if it may be another', async () => {
    const directory = makeDirectory();
    const { pid, leader } = await startStray();
    const gone = `${leader} ${leader} Mon Jan 1 00:00:00 2024\n`;
    writeFileSync(join(directory, marker), gone);
    writeFileSync(join(directory, `${marker}.seen`), `1 ${now() - 3600}\n${gone}`);
    expect(await found(directory, marker)).toEqual([]);
    writeFileSync(join(directory, `${marker}.seen`), `1 ${now()}\n${gone}`);
    expect(await found(directory, marker)).toEqual([pid]);
  });

  test('a shell that comes too late, when all of its session has been ended, does nothing', () => {
    const directory = makeDirectory();
    const { CLAUDE_CODE_SHELL = '' } = shellOf(process.env, directory);
    const env = { PATH: process.env.PATH, CLAUDE_SESSIONS_MARKER: marker, CLAUDE_CODE_SHELL };
    const { status, stdout } = spawnSync(CLAUDE_CODE_SHELL, ['-c', 'echo said'], { env });
    expect([status, String(stdout)]).toEqual([126, '']);
    expect(existsSync(join(directory, marker))).toBe(false);
  });

  test('what a command has started is known before it sees the end of its input, however soon it exits', async () => {
    const directory = makeDirectory();
    const guard = processGuard('auto', 'posix', directory);
    const perl = "use POSIX; setsid; exec 'sleep', '600'";
    const commands = `perl -e "${perl}" > /dev/null 2>&1 < /dev/null & echo ready; read line`;
    const env = { PATH: process.env.PATH, [MARKER_VARIABLE]: marker };
    const request = { command: 'sh', args: ['-c', commands], cwd: directory, env };
    const { child: command } = spawnGuarded(request, guard);
    await once(command.stdout, 'data');
    const child = () => childrenOf(command.pid ?? 0).find(({ line }) => line === 'sleep 600');
    await expect.poll(child, GONE).toBeDefined();
    const { pid = 0 } = child() ?? {};
    onTestFinished(() => void spawnSync('kill', ['-KILL', String(pid)]));
    command.stdin.end();
    await once(command, 'exit');
    expect(await found(directory, marker)).toEqual([pid]);
  });

  test('a root stays while what it has started cannot be seen', async () => {
    const directory = makeDirectory();
    const guard = processGuard('auto', 'posix', directory);
    const env = { PATH: process.env.PATH, [MARKER_VARIABLE]: marker };
    const request = { command: 'sleep', args: ['600'], cwd: directory, env };
    const { child } = spawnGuarded(request, guard);
    const { pid = 0 } = child;
    onTestFinished(() => void child.kill('SIGKILL'));
    await expect.poll(() => existsSync(join(directory, marker)), GONE).toBe(true);
    const finder = createFinder('posix', directory);
    let failures = 3;
    const lived: boolean[] = [];
    const hold: typeof finder.hold = async (...args) => {
      failures -= 1;
      if (failures >= 0) lived.push(isAlive(pid));
      if (failures >= 0) throw new Error('no file descriptor left');
      await finder.hold(...args);
    };
    const identity = identify(pid, marker, 'posix');
    const kill = createKillTree({ ...finder, hold });
    expect(await kill(identity)).toBe(true);
    expect([...lived, isAlive(pid)]).toEqual([true, true, true, false]);
  });

  test('neither the one who looks nor those above it are ever found', async () => {
    const directory = makeDirectory();
    const line = `${process.pid} ${process.pid} ${startTimeOf(process.pid, 'posix')}\n`;
    writeFileSync(join(directory, marker), line);
    expect(await found(directory, marker)).not.toContain(process.pid);
    expect(await found(directory, marker)).not.toContain(process.ppid);
  });

  test('what a short shell leaves behind is known, and the shell is as it would be', async () => {
    const directory = makeDirectory();
    writeFileSync(join(directory, marker), '');
    writeFileSync(join(directory, `${marker}.seen`), `0 ${now()}\n`);
    const { CLAUDE_CODE_SHELL = '' } = shellOf(process.env, directory);
    const env = { PATH: process.env.PATH, CLAUDE_SESSIONS_MARKER: marker, CLAUDE_CODE_SHELL };
    const perl = 'use POSIX; setsid; exec "sleep", "600"';
    const commands = `perl -e '${perl}' > /dev/null 2>&1 < /dev/null & echo "$0 $1 it's"; exit 7`;
    const args = ['-c', '-l', commands, 'name', 'argument'];
    const shell = spawn(CLAUDE_CODE_SHELL, args, { detached: true, env });
    const [said] = await once(shell.stdout, 'data');
    const [code] = shell.exitCode === null ? await once(shell, 'exit') : [shell.exitCode];
    expect([String(said), code]).toEqual([`name argument it's\n`, 7]);
    const left = await found(directory, marker);
    expect(left).toHaveLength(1);
    expect(await createKillTree(createFinder('posix', directory))(markedOnly(marker))).toBe(true);
    expect(left.map(isAlive)).toEqual([false]);
  });
});
