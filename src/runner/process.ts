/**
 * Processes that can be ended together with everything they start. Claude Code puts each shell into a session and a
 * process group of its own, so neither a signal to it nor one to its group reaches them all. Two things do: a PID
 * namespace, where the platform has it, and a marker in the environment that every descendant inherits.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessIdentity } from '../session/process.ts';
import { bootId, startTimeOf, visitMarked } from './process-table.ts';

const STDERR_BYTES_MAX = 64 * 1024;
const KILL_ROUNDS_MAX = 100;
const KILL_ROUND_MS = 20;

export type ProcessGuard = {
  readonly name: 'pid-namespace' | 'user-pid-namespace' | 'parent-death' | 'none';
  /** Command and arguments that stand before the guarded command. */
  readonly prefix: readonly string[];
};

const PARENT_DEATH = ['setpriv', '--pdeathsig', 'KILL', '--'];
const PID_NAMESPACE = ['--pid', '--fork', '--kill-child=KILL', '--mount-proc', '--'];
const GUARDS: readonly ProcessGuard[] = [
  { name: 'pid-namespace', prefix: [...PARENT_DEATH, 'unshare', ...PID_NAMESPACE] },
  {
    name: 'user-pid-namespace',
    prefix: [...PARENT_DEATH, 'unshare', '--user', '--map-current-user', ...PID_NAMESPACE],
  },
  { name: 'parent-death', prefix: PARENT_DEATH },
];
const NO_GUARD: ProcessGuard = { name: 'none', prefix: [] };

/**
 * The strongest guard that works here, found by running each once; takes some milliseconds, so keep the answer. With
 * a namespace the kernel ends the whole tree as soon as its root or this process is gone; with `parent-death` only
 * the root; with `none` nothing but {@link killTree} does.
 */
export function processGuard(): ProcessGuard {
  if (process.platform !== 'linux') return NO_GUARD;
  return GUARDS.find(works) ?? NO_GUARD;
}

function works({ prefix: [command = '', ...args] }: ProcessGuard): boolean {
  return spawnSync(command, [...args, 'true'], { stdio: 'ignore', timeout: 5000 }).status === 0;
}

export type SpawnRequest = {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string | undefined;
  /** Complete: nothing is inherited. */
  readonly env: Readonly<Record<string, string | undefined>>;
};

export type GuardedProcess = {
  readonly child: ChildProcess & { readonly stdin: Writable; readonly stdout: Readable };
  /** The last 64 KiB of standard error, which is read all the time so that the child never blocks on it. */
  stderr(): string;
};

/**
 * Starts a command under a guard, in a session of its own: a Ctrl-C at our terminal is ours to handle. With the guard
 * in front, a missing command shows as exit code 127 or 1 and not as ENOENT: check it before.
 */
export function spawnGuarded(request: SpawnRequest, guard: ProcessGuard): GuardedProcess {
  const [command = request.command, ...args] = [...guard.prefix, request.command, ...request.args];
  const child = spawn(command, args, {
    cwd: request.cwd,
    env: { ...request.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  // Without a listener a spawn error or a write after the child's death would end this program.
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  return { child, stderr: keepTail(child.stderr) };
}

function keepTail(stream: Readable): () => string {
  let tail = Buffer.alloc(0);
  stream.on('error', () => undefined);
  stream.on('data', (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]).subarray(-STDERR_BYTES_MAX);
  });
  return () => tail.toString();
}

/** What it takes to know a process again; with an empty start time (already gone, or no `ps`) it never matches. */
export function identify(pid: number, marker: string): ProcessIdentity {
  return { pid, startTime: startTimeOf(pid) ?? '', bootId: bootId(), marker };
}

/** The processes, other than this one, whose environment holds the marker. */
export async function findByMarker(marker: string): Promise<readonly number[]> {
  const found: number[] = [];
  await visitMarked(marker, (pid) => found.push(pid));
  return found;
}

/**
 * SIGKILLs the process, if it is still the one that was identified, and everything that carries its marker, until
 * none is left. Safe for a process that ended long ago.
 *
 * @returns false when something still lived after two seconds (a process that the kernel cannot end now)
 */
export async function killTree(identity: ProcessIdentity): Promise<boolean> {
  for (let round = 0; round < KILL_ROUNDS_MAX; round++) {
    let living = 0;
    if (isSame(identity)) living += kill(identity.pid);
    // Killed as it is found: between a look and a kill a pid could come to name another process.
    await visitMarked(identity.marker, (pid) => {
      living += kill(pid);
    });
    if (living === 0) return true;
    await sleep(KILL_ROUND_MS);
  }
  return false;
}

function isSame({ pid, startTime, bootId: boot }: ProcessIdentity): boolean {
  return startTime !== '' && boot === bootId() && startTimeOf(pid) === startTime;
}

function kill(pid: number): number {
  try {
    process.kill(pid, 'SIGKILL');
    return 1;
  } catch (error) {
    // Gone since we looked; anything else (EPERM) is one that lives and is not ours to end.
    return (error as NodeJS.ErrnoException).code === 'ESRCH' ? 0 : 1;
  }
}
