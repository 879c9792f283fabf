/**
 * Reading the operating system's process table: who a process is, and which ones belong to a session. Only "no such
 * process" means gone. If the table cannot be read (no file descriptor left, no `ps`, no permission), the answer is
 * `unknown` or an error, never "gone": a server that cannot look must not take a living one's sessions.
 */

import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { setImmediate as nextTick } from 'node:timers/promises';
import { saysNothingThere } from '../looks.ts';
import { createTag } from './tag.ts';

/** In the environment of a session's process and, by inheritance, of everything it starts. */
export const MARKER_VARIABLE = 'CLAUDE_SESSIONS_MARKER';

const READ_BYTES_MAX = 256 * 1024;
const PIDS_PER_SLICE = 100;
const PS_BYTES_MAX = 64 * 1024 * 1024;

/** A process as it is now. */
export type Seen = {
  /** As the operating system writes it. */
  readonly startTime: string;
  /** Somebody holds it, by a signal or as its tracer; seen on Linux only. */
  readonly isStopped: boolean;
  readonly parent: number;
  readonly group: number;
};

/** What a look at a process finds. One that has ended and only waits for its parent to notice is gone. */
export function lookAt(pid: number): Seen | 'gone' | 'unknown' {
  try {
    if (isGone(pid)) return 'gone';
    return process.platform === 'linux' ? seenInProc(pid) : seenByPs(pid);
  } catch {
    return 'unknown';
  }
}

/** Asks the kernel, which takes no file descriptor. Only ESRCH says that there is no such process. */
function isGone(pid: number): boolean {
  // 0 and negative numbers name process groups.
  if (!Number.isSafeInteger(pid) || pid <= 0) throw new RangeError(`${pid} is no process id`);
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
}

function seenInProc(pid: number): Seen | 'gone' {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name in parentheses may itself hold spaces and parentheses; what follows the last one is fields 3, 4, …
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = '', parent, group] = fields;
  const startTime = fields[19];
  if (/^[ZX]$/i.test(state)) return 'gone';
  if (startTime === undefined) throw new Error(`/proc/${pid}/stat is cut short`);
  return {
    startTime,
    isStopped: /^t$/i.test(state),
    parent: Number(parent),
    group: Number(group),
  };
}

function seenByPs(pid: number): Seen | 'gone' {
  const line = ps(['-o', 'ppid=,pgid=,state=,lstart=', '-p', String(pid)]).trim();
  const [, parent, group, state = '', startTime] =
    /^(\d+)\s+(\d+)\s+(\S+)\s+(\S.*)$/.exec(line) ?? [];
  if (startTime === undefined) throw new Error(`ps does not know process ${pid}`);
  if (state.startsWith('Z')) return 'gone';
  return { startTime, isStopped: false, parent: Number(parent), group: Number(group) };
}

/** When a process that lives started; undefined if it is gone or cannot be looked at. */
export function startTimeOf(pid: number): string | undefined {
  const seen = lookAt(pid);
  return typeof seen === 'string' ? undefined : seen.startTime;
}

/**
 * Distinguishes boots of this machine, and sandboxes that have a kernel of their own. Empty if the system has no such id,
 * as macOS, where start times are wall-clock times and distinguish boots already; undefined if it cannot be read now.
 */
export function bootId(): string | undefined {
  if (process.platform !== 'linux') return '';
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch (error) {
    return isAbsent(error) ? '' : undefined;
  }
}

/** The name of the program that a process runs, as it was called; empty if it cannot be read. */
export function programOf(pid: number): string {
  try {
    if (process.platform !== 'linux') return ps(['-o', 'comm=', '-p', String(pid)]).trim();
    const [called = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return called || readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}

/**
 * Calls `visit` for each process that belongs to the marker, at once when it is found; never for ourselves.
 *
 * @throws if the process table could not be read to its end
 */
export async function visitMarked(marker: string, visit: (pid: number) => void): Promise<void> {
  if (process.platform === 'linux') return await visitProc(marker, visit);
  // There is no such table; the root of a tree is ended as our child.
  if (process.platform === 'win32') return;
  const assignment = `${MARKER_VARIABLE}=${marker}`;
  for (const line of ps(['-axEww', '-o', 'pid=,command=']).split('\n')) {
    const pid = Number.parseInt(line, 10);
    if (pid !== process.pid && ` ${line} `.includes(` ${assignment} `)) visit(pid);
  }
}

async function visitProc(marker: string, visit: (pid: number) => void): Promise<void> {
  const assignment = Buffer.from(`${MARKER_VARIABLE}=${marker}`);
  const { isIn } = createTag(marker);
  const buffer = Buffer.allocUnsafe(READ_BYTES_MAX);
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  for (const [index, pid] of pids.entries()) {
    // A few system calls a process: cheap enough to do in place, in slices that leave other work its turn.
    if (index % PIDS_PER_SLICE === PIDS_PER_SLICE - 1) await nextTick();
    if (pid === process.pid) continue;
    const isMarked =
      isIn(readInto(buffer, `/proc/${pid}/limits`)) ||
      holds(readInto(buffer, `/proc/${pid}/environ`), assignment);
    // What has ended keeps its limits until its parent notices, which may be never.
    if (isMarked && lookAt(pid) !== 'gone') visit(pid);
  }
}

/** The beginning of a file; nothing of a process that is gone, that is a kernel thread, or that we may not look into. */
function readInto(buffer: Buffer, path: string): Buffer {
  try {
    const file = openSync(path, 'r');
    try {
      return buffer.subarray(0, readSync(file, buffer));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (isAbsent(error) || isForbidden(error)) return buffer.subarray(0, 0);
    throw error;
  }
}

/** Whether a NUL-separated environment holds exactly this assignment. */
function holds(environment: Buffer, assignment: Buffer): boolean {
  for (
    let at = environment.indexOf(assignment);
    at >= 0;
    at = environment.indexOf(assignment, at + 1)
  ) {
    const before = at === 0 ? 0 : environment[at - 1];
    const after = environment[at + assignment.length] ?? 0;
    if (before === 0 && after === 0) return true;
  }
  return false;
}

/** Any other error says only that it could not be looked at. */
function isAbsent(error: unknown): boolean {
  return saysNothingThere(error) || codeOf(error) === 'ESRCH';
}

function isForbidden(error: unknown): boolean {
  return ['EACCES', 'EPERM'].includes(codeOf(error));
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}

/** @throws if `ps` could not be run, or failed */
function ps(args: readonly string[]): string {
  const { error, status, stdout, stderr } = spawnSync('ps', args, {
    encoding: 'utf8',
    maxBuffer: PS_BYTES_MAX,
  });
  if (error !== undefined) throw error;
  // It also exits with 1 if it finds no process, and then says nothing.
  if (status !== 0 && stderr !== '') throw new Error(`ps failed with exit code ${status}`);
  return stdout;
}
