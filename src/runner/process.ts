/**
 * Processes that can be ended together with everything they start. Claude Code puts each shell into its own session and
 * process group, so neither a signal to it nor one to its group reaches all of them. What does: a PID namespace (guard.ts);
 * on Linux a marker in the environment, which every descendant inherits unless it clears its environment, and a tag that
 * it keeps even then (tag.ts); elsewhere what was seen of the tree while it lived (supervisor-script.ts).
 */

import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { KILL_AGAIN_MS } from '../process-limits.ts';
import type { Redactor } from '../redaction.ts';
import type { ProcessIdentity } from '../session/process.ts';
import { createFinder, type Finder } from './finder.ts';
import type { ProcessGuard } from './guard.ts';
import {
  bootId,
  lookAt,
  MARKER_VARIABLE,
  OWN_SYSTEM,
  type System,
  startTimeOf,
} from './process-table.ts';
import { type PipedChild, type SpawnRequest, spawnPiped } from './spawning.ts';

const STDERR_BYTES_MAX = 64 * 1024;
const STDERR_LOGGED_CHARS = 2000;
const KILL_ROUNDS_MAX = 100;
const KILL_ROUND_MS = 20;

export type GuardedProcess = {
  readonly child: PipedChild;
  /** The last 64 KiB of standard error. All of it is read, so the child never blocks on it. */
  stderr(): string;
};

/** The end of what it wrote there. Redacted before it is cut: the log would not recognize a part of a credential. */
export function loggedStderr(spawned: GuardedProcess, redactor: Redactor): string {
  return redactor.text(spawned.stderr()).slice(-STDERR_LOGGED_CHARS);
}

/**
 * Starts a command under a guard, in its own session. Because of the guard, a missing command is an exit code and not
 * ENOENT: check it before. With a supervisor, the supervisor must know of the marker by now.
 *
 * @throws SessionError UNAVAILABLE if there are too few file descriptors or too little memory to start anything
 */
export function spawnGuarded(request: SpawnRequest, guard: ProcessGuard): GuardedProcess {
  const marker = request.env[MARKER_VARIABLE];
  const label = marker === undefined ? [] : guard.label(marker);
  const line = [...guard.prefix, ...label, request.command, ...request.args];
  const [command = request.command, ...args] = line;
  const child = spawnPiped({ ...request, command, args });
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

/** What identifies a process. If its start time is empty (it is gone, or cannot be seen), it never matches. */
export function identify(
  pid: number,
  marker: string,
  system: System = OWN_SYSTEM,
): ProcessIdentity {
  const startTime = startTimeOf(pid, system) ?? '';
  return { pid, startTime, bootId: bootId(system) ?? '', marker };
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
export function createKillTree(finder: Finder = createFinder()): KillTree {
  let waiting: readonly Waiting[] = [];
  let isRunning = false;
  const run = async (): Promise<void> => {
    isRunning = true;
    while (waiting.length > 0) {
      const batch = waiting;
      const living = await killOnce(
        batch.map(({ identity }) => identity),
        finder,
      );
      for (const each of batch) each.rounds += 1;
      const isDone = (each: Waiting) =>
        !living.has(each.identity.marker) || each.rounds === KILL_ROUNDS_MAX;
      const done = batch.filter(isDone);
      waiting = waiting.filter((each) => !done.includes(each));
      for (const { identity, resolve } of done) {
        const isGone = !living.has(identity.marker);
        // What is kept of it is of no use any more; left there, it does no harm.
        if (isGone) await finder.forget(identity.marker).catch(() => undefined);
        resolve(isGone);
      }
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
async function killOnce(
  identities: readonly ProcessIdentity[],
  finder: Finder,
): Promise<ReadonlySet<string>> {
  const markers = new Set(identities.map(({ marker }) => marker));
  const living = new Set<string>();
  const end = (pid: number, marker: string) => {
    if (kill(pid)) living.add(marker);
  };
  try {
    // Killed as soon as it is found: later the pid might be another process.
    await finder.hold(markers, end);
  } catch {
    // Where others are found by their parent, that one must not end before they are seen.
    if (finder.system !== 'linux') return markers;
    for (const marker of markers) living.add(marker);
  }
  // After the others: without it, they might not be found any more.
  for (const identity of identities) {
    const same = isSame(identity, finder.system);
    if (same === 'unknown') living.add(identity.marker);
    else if (same) end(identity.pid, identity.marker);
  }
  return living;
}

/** Whether the process still is the one that was identified. */
function isSame(
  { pid, startTime, bootId: boot }: ProcessIdentity,
  system: System,
): boolean | 'unknown' {
  if (startTime === '') return false;
  const here = bootId(system);
  if (here !== undefined && here !== boot) return false;
  const seen = lookAt(pid, system);
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

type TreeParts = { readonly killTree: KillTree; readonly system: System };

/** The process of a run with everything that it has started, and how it is killed. */
export class ProcessTree {
  readonly identity: ProcessIdentity;
  /** Resolves when the root has exited, or could not be started. */
  readonly exit: Promise<unknown>;
  /** The operating system's error, if it has not started the root. */
  notStarted: unknown;
  readonly #child: GuardedProcess['child'];
  readonly #killTree: KillTree;

  constructor({ child }: GuardedProcess, marker: string, { killTree, system }: TreeParts) {
    this.identity = identify(child.pid ?? 0, marker, system);
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
      return await this.#killTree(this.identity);
    } catch {
      return false;
    } finally {
      this.#child.kill('SIGKILL');
    }
  }

  /** Kills it again and again until all of it is gone. */
  async untilGone(): Promise<void> {
    do await sleep(KILL_AGAIN_MS);
    while (!(await this.kill()));
  }
}
