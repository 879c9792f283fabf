/** Reading the operating system's process table: who a process is, and which ones carry a marker. */

import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { setImmediate as nextTick } from 'node:timers/promises';

/** In the environment of a session's process and, by inheritance, of everything it starts. */
export const MARKER_VARIABLE = 'CLAUDE_SESSIONS_MARKER';

const ENVIRONMENT_BYTES_MAX = 256 * 1024;
const PIDS_PER_SLICE = 100;
const PS_BYTES_MAX = 64 * 1024 * 1024;

/**
 * When the process started, as the operating system writes it; undefined when it is gone or has ended and only waits
 * for its parent to notice.
 */
export function startTimeOf(pid: number): string | undefined {
  if (process.platform !== 'linux')
    return ps(['-o', 'lstart=', '-p', String(pid)]).trim() || undefined;
  const fields = statusFields(pid);
  const ended = fields[0] === 'Z' || fields[0] === 'X';
  return ended ? undefined : fields[19];
}

/** Whether somebody holds the process, by a signal or as its tracer. Elsewhere than on Linux always false. */
export function isStopped(pid: number): boolean {
  return process.platform === 'linux' && /^t$/i.test(statusFields(pid)[0] ?? '');
}

/** Linux's fields 3, 4, … of a process; none where there is no such process. */
function statusFields(pid: number): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may itself hold spaces and parentheses; what follows the last one is fields 3, 4, …
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

/** Distinguishes boots of this machine; empty where start times are wall-clock times and distinguish them already. */
export function bootId(): string {
  if (process.platform !== 'linux') return '';
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}

/** Calls `visit` for each process whose environment holds the marker, at once when it is found; never for ourselves. */
export async function visitMarked(marker: string, visit: (pid: number) => void): Promise<void> {
  const assignment = `${MARKER_VARIABLE}=${marker}`;
  if (process.platform === 'linux') return await visitProc(Buffer.from(assignment), visit);
  for (const line of ps(['-axEww', '-o', 'pid=,command=']).split('\n')) {
    const pid = Number.parseInt(line, 10);
    if (pid !== process.pid && ` ${line} `.includes(` ${assignment} `)) visit(pid);
  }
}

async function visitProc(assignment: Buffer, visit: (pid: number) => void): Promise<void> {
  const buffer = Buffer.allocUnsafe(ENVIRONMENT_BYTES_MAX);
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  for (const [index, pid] of pids.entries()) {
    // Three system calls a process: cheap enough to do in place, in slices that leave other work its turn.
    if (index % PIDS_PER_SLICE === PIDS_PER_SLICE - 1) await nextTick();
    if (pid !== process.pid && holds(readEnvironment(pid, buffer), assignment)) visit(pid);
  }
}

function readEnvironment(pid: number, buffer: Buffer): Buffer {
  try {
    const file = openSync(`/proc/${pid}/environ`, 'r');
    try {
      return buffer.subarray(0, readSync(file, buffer));
    } finally {
      closeSync(file);
    }
  } catch {
    // Gone, a kernel thread, or another user's: in no case one of ours.
    return buffer.subarray(0, 0);
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

function ps(args: readonly string[]): string {
  if (process.platform === 'win32') return '';
  const { stdout } = spawnSync('ps', args, { encoding: 'utf8', maxBuffer: PS_BYTES_MAX });
  return stdout ?? '';
}
