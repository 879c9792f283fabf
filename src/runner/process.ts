/**
 * Processes that can be ended together with everything they start. Claude Code puts each shell into a session and a
 * process group of its own, so neither a signal to it nor one to its group reaches them all. Three things do: a PID
 * namespace, if the platform has it; a marker in the environment, which every descendant inherits unless it clears its
 * environment; and on Linux a tag that it keeps all the same (tag.ts).
 */

import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessIdentity } from '../session/process.ts';
import { spawnError } from './exit.ts';
import { bootId, lookAt, MARKER_VARIABLE, startTimeOf, visitMarked } from './process-table.ts';
import { createTag } from './tag.ts';

const STDERR_BYTES_MAX = 64 * 1024;
const KILL_ROUNDS_MAX = 100;
const KILL_ROUND_MS = 20;
const GUARD_MS_MAX = 5000;

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
 *
 * @throws SessionError UNAVAILABLE if that could not be found out now: it says nothing about the system
 */
export function processGuard(): ProcessGuard {
  if (process.platform !== 'linux') return NO_GUARD;
  return GUARDS.find(works) ?? NO_GUARD;
}

/** What the guards' programs say, in English, when they lack something only for the moment. */
const FOR_THE_MOMENT =
  /temporarily unavailable|cannot allocate memory|too many open files|no space left/i;

function works({ prefix }: ProcessGuard): boolean {
  const { error, status, stderr } = spawnSync('env', ['LC_ALL=C', ...prefix, 'true'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: GUARD_MS_MAX,
  });
  if (error !== undefined) throw spawnError(error);
  if (FOR_THE_MOMENT.test(stderr)) throw spawnError(new Error(stderr.trim()));
  return status === 0;
}

export type SpawnRequest = {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string | undefined;
  /** Complete: nothing is inherited. */
  readonly env: Readonly<Record<string, string | undefined>>;
};

type PipedChild = ChildProcessByStdio<Writable, Readable, Readable>;

export type GuardedProcess = {
  readonly child: PipedChild;
  /** The last 64 KiB of standard error, which is read all the time so that the child never blocks on it. */
  stderr(): string;
};

/**
 * Starts a command under a guard, in a session of its own: a Ctrl-C at our terminal is ours to handle. With the guard
 * in front, a missing command shows as exit code 127 or 1 and not as ENOENT: check it before.
 *
 * @throws SessionError UNAVAILABLE if there are too few file descriptors or too little memory to start anything
 */
export function spawnGuarded(request: SpawnRequest, guard: ProcessGuard): GuardedProcess {
  const marker = request.env[MARKER_VARIABLE];
  const tag = marker === undefined ? [] : createTag(marker).prefix;
  const line = [...guard.prefix, ...tag, request.command, ...request.args];
  const [command = request.command, ...args] = line;
  const child = start(command, args, request);
  // Without a listener a spawn error or a write after the child's death would end this program.
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  return { child, stderr: keepTail(child.stderr) };
}

function start(command: string, args: string[], { cwd, env }: SpawnRequest): PipedChild {
  try {
    const child = spawn(command, args, {
      cwd,
      env: { ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    // Out of file descriptors, Node gives the child no streams, whatever their type says, and tells the error later.
    if (child.stdin !== undefined) return child;
    child.on('error', () => undefined);
  } catch (error) {
    throw spawnError(error);
  }
  throw spawnError(Object.assign(new Error('no pipes'), { code: 'EMFILE' }));
}

function keepTail(stream: Readable): () => string {
  let tail = Buffer.alloc(0);
  stream.on('error', () => undefined);
  stream.on('data', (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]).subarray(-STDERR_BYTES_MAX);
  });
  return () => tail.toString();
}

/** What it takes to know a process again; with an empty start time (already gone, or not to be seen) it never matches. */
export function identify(pid: number, marker: string): ProcessIdentity {
  return { pid, startTime: startTimeOf(pid) ?? '', bootId: bootId() ?? '', marker };
}

/**
 * The processes, other than this one, that belong to the marker.
 *
 * @throws if the process table could not be read
 */
export async function findByMarker(marker: string): Promise<readonly number[]> {
  const found: number[] = [];
  await visitMarked(marker, (pid) => found.push(pid));
  return found;
}

/**
 * SIGKILLs the process, if it is still the one that was identified, and everything that belongs to its marker, until
 * none is left. Safe for a process that ended long ago. Never throws.
 *
 * @returns false if after two seconds something still lived (a process that the kernel cannot end now), or if that
 *   could not be seen: some of it may live, so nothing may be started in its place
 */
export async function killTree(identity: ProcessIdentity): Promise<boolean> {
  for (let round = 0; round < KILL_ROUNDS_MAX; round++) {
    if (await killOnce(identity)) return true;
    await sleep(KILL_ROUND_MS);
  }
  return false;
}

/** Returns whether a look at the whole process table has found nothing to kill. */
async function killOnce(identity: ProcessIdentity): Promise<boolean> {
  let isClear = true;
  const end = (pid: number) => {
    if (kill(pid)) isClear = false;
  };
  try {
    if (isSame(identity)) end(identity.pid);
    // Killed as it is found: between a look and a kill a pid could come to name another process.
    await visitMarked(identity.marker, end);
    return isClear;
  } catch {
    return false;
  }
}

/** @throws if that cannot be seen now */
function isSame({ pid, startTime, bootId: boot }: ProcessIdentity): boolean {
  if (startTime === '') return false;
  const here = bootId();
  if (here !== undefined && here !== boot) return false;
  const seen = lookAt(pid);
  if (here === undefined || seen === 'unknown') throw new Error(`process ${pid} cannot be seen`);
  return seen !== 'gone' && seen.startTime === startTime;
}

/** Returns whether there was something to kill. */
function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch (error) {
    // EPERM: it has become another user's (sudo), and is not ours to end.
    return !['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '');
  }
}
