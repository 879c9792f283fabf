/**
 * Processes that can be ended together with everything they start. Claude Code puts each shell into its own session and
 * process group, so neither a signal to it nor one to its group reaches all of them. Three things do: a PID namespace, if
 * the platform has it; a marker in the environment, which every descendant inherits unless it clears its environment;
 * and on Linux a tag that it keeps even then (tag.ts).
 */

import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SpawnOptions } from '@anthropic-ai/claude-agent-sdk';
import { KILL_AGAIN_MS } from '../limits.ts';
import type { ProcessIdentity } from '../session/process.ts';
import { spawnError } from './failure.ts';
import { bootId, lookAt, MARKER_VARIABLE, startTimeOf, visitMarked } from './process-table.ts';
import { taggingPrefix } from './tag.ts';

const STDERR_BYTES_MAX = 64 * 1024;
const KILL_ROUNDS_MAX = 100;
const KILL_ROUND_MS = 20;
const GUARD_MS_MAX = 5000;

export type ProcessGuard = {
  readonly name: 'pid-namespace' | 'user-pid-namespace' | 'parent-death' | 'none';
  /** Command and arguments to put before the guarded command. */
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
 * The strongest guard that works here. Each is tried, which takes some milliseconds, so keep the answer. With a namespace
 * the kernel ends the whole tree as soon as its root or this process is gone; with `parent-death` only the root; with
 * `none` only {@link killTree} ends anything.
 *
 * @throws SessionError UNAVAILABLE if it could not be tried now
 */
export function processGuard(): ProcessGuard {
  if (process.platform !== 'linux') return NO_GUARD;
  return GUARDS.find(works) ?? NO_GUARD;
}

/** What the guards' programs say, in English, about a lack that may be temporary. */
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

/** The environment is complete: nothing is inherited. */
type SpawnRequest = Omit<SpawnOptions, 'signal'>;

type PipedChild = ChildProcessByStdio<Writable, Readable, Readable>;

export type GuardedProcess = {
  readonly child: PipedChild;
  /** The last 64 KiB of standard error. All of it is read, so the child never blocks on it. */
  stderr(): string;
};

/**
 * Starts a command under a guard, in its own session: a Ctrl-C at our terminal is for us to handle. Because of the guard,
 * a missing command is exit code 127 or 1 and not ENOENT: check it before.
 *
 * @throws SessionError UNAVAILABLE if there are too few file descriptors or too little memory to start anything
 */
export function spawnGuarded(request: SpawnRequest, guard: ProcessGuard): GuardedProcess {
  const marker = request.env[MARKER_VARIABLE];
  const tag = marker === undefined ? [] : taggingPrefix(marker);
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
    // Out of file descriptors, the child has no streams, whatever their type says, and the error comes later.
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

/** What identifies a process. If its start time is empty (it is gone, or cannot be seen), it never matches. */
export function identify(pid: number, marker: string): ProcessIdentity {
  return { pid, startTime: startTimeOf(pid) ?? '', bootId: bootId() ?? '', marker };
}

/**
 * SIGKILLs the process, if it still is the one that was identified, and everything that belongs to its marker, until
 * nothing is left. Safe for a process that ended long ago. Never rejects.
 *
 * @returns false if something was still alive after two seconds (a process that the kernel cannot end now), or if that
 *   could not be seen. Some of it may be alive, so nothing may be started in its place.
 */
export type KillTree = (identity: ProcessIdentity) => Promise<boolean>;

export const killTree: KillTree = (identity) => createKillTree()(identity);

type Waiting = {
  readonly identity: ProcessIdentity;
  readonly resolve: (isGone: boolean) => void;
  rounds: number;
};

/** {@link killTree} for many: the trees that are to end at the same time share each reading of the process table. */
export function createKillTree(): KillTree {
  let waiting: readonly Waiting[] = [];
  let isRunning = false;
  const run = async (): Promise<void> => {
    isRunning = true;
    while (waiting.length > 0) {
      const batch = waiting;
      const living = await killOnce(batch.map(({ identity }) => identity));
      for (const each of batch) each.rounds += 1;
      const isDone = (each: Waiting) =>
        !living.has(each.identity.marker) || each.rounds === KILL_ROUNDS_MAX;
      const done = batch.filter(isDone);
      waiting = waiting.filter((each) => !done.includes(each));
      for (const { identity, resolve } of done) resolve(!living.has(identity.marker));
      if (done.length < batch.length) await sleep(KILL_ROUND_MS);
    }
    isRunning = false;
  };
  return (identity) =>
    new Promise((resolve) => {
      waiting = [...waiting, { identity, resolve, rounds: 0 }];
      if (!isRunning) void run();
    });
}

/** The markers of which a reading of the whole process table has found something to kill, or failed to. Never rejects. */
async function killOnce(identities: readonly ProcessIdentity[]): Promise<ReadonlySet<string>> {
  const markers = new Set(identities.map(({ marker }) => marker));
  const living = new Set<string>();
  const end = (pid: number, marker: string) => {
    if (kill(pid)) living.add(marker);
  };
  try {
    for (const identity of identities) {
      const same = isSame(identity);
      if (same === 'unknown') living.add(identity.marker);
      else if (same) end(identity.pid, identity.marker);
    }
    // Killed as soon as it is found: later the pid might be another process.
    await visitMarked(markers, end);
    return living;
  } catch {
    return markers;
  }
}

/** Whether the process still is the one that was identified. */
function isSame({ pid, startTime, bootId: boot }: ProcessIdentity): boolean | 'unknown' {
  if (startTime === '') return false;
  const here = bootId();
  if (here !== undefined && here !== boot) return false;
  const seen = lookAt(pid);
  if (here === undefined || seen === 'unknown') return 'unknown';
  return seen !== 'gone' && seen.startTime === startTime;
}

/** Returns whether there was something to kill. */
function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch (error) {
    // EPERM: it has become another user's process (sudo), which we cannot end.
    return !['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '');
  }
}

/** The process of a run with everything that it has started, and how it is killed. */
export class ProcessTree {
  readonly identity: ProcessIdentity;
  /** Resolves when the root has exited, or could not be started. */
  readonly exit: Promise<unknown>;
  /** The operating system's error, if it has not started the root. */
  notStarted: unknown;
  readonly #child: GuardedProcess['child'];
  readonly #killTree: KillTree;

  constructor({ child }: GuardedProcess, marker: string, killTree: KillTree) {
    this.identity = identify(child.pid ?? 0, marker);
    this.#child = child;
    this.#killTree = killTree;
    // A command that could not be started has an error and no exit: `once` rejects on the one, resolves on the other.
    this.exit = once(child, 'exit').catch((error: unknown) => {
      this.notStarted = error;
    });
  }

  /**
   * Kills all of it. Returns false if some of it may be alive: it cannot be ended now, or not be found. The root is killed
   * in any case: it is our child, so that needs no look at the process table. Never rejects.
   */
  async kill(): Promise<boolean> {
    if (this.#child.pid === undefined) return true;
    try {
      this.#child.kill('SIGKILL');
      return await this.#killTree(this.identity);
    } catch {
      return false;
    }
  }

  /** Kills it again and again until all of it is gone. */
  async untilGone(): Promise<void> {
    do await sleep(KILL_AGAIN_MS);
    while (!(await this.kill()));
  }
}
