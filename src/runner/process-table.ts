/**
 * Reads the operating system's process table: the identity of a process, and which processes belong to a session. Only
 * "no such process" means gone. If the table cannot be read (no file descriptor left, no `ps`, no permission), the answer
 * is `unknown` or an error: a server that cannot see the others must not take their sessions.
 */

import { execFile, spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { setImmediate as nextTick } from 'node:timers/promises';
import { promisify } from 'node:util';
import { saysNothingThere } from '../looks.ts';
import { tagIn, tagOf } from './tag.ts';

/** In the environment of a session's process and, by inheritance, of everything it starts. */
export const MARKER_VARIABLE = 'CLAUDE_SESSIONS_MARKER';

const READ_BYTES_MAX = 256 * 1024;
const PIDS_PER_SLICE = 100;
const PS_BYTES_MAX = 64 * 1024 * 1024;

/**
 * How processes are looked at. `linux`: in `/proc`. `bsd` (macOS too): with `ps`, which shows the environment of some
 * programs. `posix`: with `ps` and what every POSIX system has. `windows`: not at all.
 */
export type System = 'linux' | 'bsd' | 'posix' | 'windows';

/** @param isPortable to do without what only this system has, so that the portable way can be tried anywhere */
export function systemOf(platform: NodeJS.Platform, isPortable = false): System {
  if (platform === 'win32') return 'windows';
  if (isPortable) return 'posix';
  if (platform === 'linux') return 'linux';
  return platform === 'darwin' || platform.endsWith('bsd') ? 'bsd' : 'posix';
}

/** This machine's, unless an operator wants the portable way. */
export const OWN_SYSTEM = systemOf(process.platform);

/** A process as it is now. */
export type Seen = {
  /** As the operating system writes it. */
  readonly startTime: string;
  /** It is stopped, by a signal or by a tracer. */
  readonly isStopped: boolean;
  readonly parent: number;
  readonly group: number;
};

/** The state of a process. A zombie is gone. */
export function lookAt(pid: number, system: System = OWN_SYSTEM): Seen | 'gone' | 'unknown' {
  // 0 and negative numbers name process groups.
  if (!Number.isSafeInteger(pid) || pid <= 0) return 'unknown';
  if (isGone(pid)) return 'gone';
  try {
    return system === 'linux' ? seenInProc(pid) : seenByPs(pid);
  } catch {
    // Its parent may have waited for it meanwhile.
    return isGone(pid) ? 'gone' : 'unknown';
  }
}

/** Asks the kernel, which needs no file descriptor. Only ESRCH means that there is no such process. */
function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
}

function seenInProc(pid: number): Seen | 'gone' {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name in parentheses may contain spaces and parentheses itself. Fields 3, 4, … follow the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = '', parent, group] = fields;
  const startTime = fields[19];
  if (/^[ZX]$/i.test(state)) return 'gone';
  if (startTime === undefined) throw new Error(`/proc/${pid}/stat is cut short`);
  const isStopped = /^t$/i.test(state);
  return { startTime, isStopped, parent: Number(parent), group: Number(group) };
}

function seenByPs(pid: number): Seen | 'gone' {
  return seenIn(ps(columnsOf(pid)), pid);
}

function columnsOf(pid: number): readonly string[] {
  return [...columns('ppid', 'pgid', 'state', 'lstart'), '-p', String(pid)];
}

function seenIn(output: string, pid: number): Seen | 'gone' {
  const [, parent, group, state = '', startTime] =
    /^(\d+)\s+(\d+)\s+(\S+)\s+(\S.*)$/.exec(output.trim()) ?? [];
  if (startTime === undefined) throw new Error(`ps does not know process ${pid}`);
  if (state.startsWith('Z')) return 'gone';
  const isStopped = state.startsWith('T');
  return { startTime, isStopped, parent: Number(parent), group: Number(group) };
}

/**
 * {@link lookAt} for processes that are looked at again and again. Running `ps` holds up everything else, so only the
 * first look waits for it. The others give the result of the last one, and look again in the background; but what is gone
 * is seen at once.
 */
export function createLooks(system: System): (pid: number) => ReturnType<typeof lookAt> {
  if (system === 'linux') return (pid) => lookAt(pid, system);
  const known = new Map<number, Seen>();
  const pending = new Set<number>();
  const learn = (pid: number, seen: ReturnType<typeof lookAt>) => {
    if (typeof seen === 'string') known.delete(pid);
    else known.set(pid, seen);
    return seen;
  };
  const lookAgain = async (pid: number): Promise<void> => {
    pending.add(pid);
    const looking = promisify(execFile)('env', psLine(columnsOf(pid)));
    // Without an answer, the next look waits for one.
    const seen = await looking
      .then(({ stdout }) => seenIn(stdout, pid))
      .catch(() => 'unknown' as const);
    learn(pid, seen);
    pending.delete(pid);
  };
  return (pid) => {
    const before = known.get(pid);
    if (before === undefined || isGone(pid)) return learn(pid, lookAt(pid, system));
    if (!pending.has(pid)) void lookAgain(pid);
    return before;
  };
}

/** When a living process started; undefined if it is gone or cannot be seen. */
export function startTimeOf(pid: number, system: System = OWN_SYSTEM): string | undefined {
  const seen = lookAt(pid, system);
  return typeof seen === 'string' ? undefined : seen.startTime;
}

/**
 * Distinguishes boots of this machine, and sandboxes with their own kernel. Empty if the system has no such id, like
 * macOS, where start times are wall-clock times and distinguish boots already. Undefined if it cannot be read now.
 */
export function bootId(system: System = OWN_SYSTEM): string | undefined {
  if (system !== 'linux') return '';
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch (error) {
    return isAbsent(error) ? '' : undefined;
  }
}

/**
 * The PID namespace of this process, as Linux writes it; undefined if the system has none.
 *
 * @throws if it cannot be read now
 */
export function pidNamespace(system: System = OWN_SYSTEM): string | undefined {
  if (system !== 'linux') return undefined;
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** The name of the program that a process runs, as it was called; empty if it cannot be read. */
export function programOf(pid: number, system: System = OWN_SYSTEM): string {
  try {
    if (system !== 'linux') return ps(['-o', 'comm=', '-p', String(pid)]).trim();
    const [called = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return called || readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return '';
  }
}

/**
 * The command line of a process; empty if it cannot be read. Outside Linux, its words are what is between spaces, also
 * inside a path.
 */
export function commandLineOf(pid: number, system: System = OWN_SYSTEM): readonly string[] {
  try {
    if (system !== 'linux') {
      return ps(['-ww', '-o', 'args=', '-p', String(pid)])
        .trim()
        .split(/\s+/)
        .filter(Boolean);
    }
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    // The last one is ended by a NUL as well; what npm writes there is padded with more of them.
    while (words.at(-1) === '') words.pop();
    return words;
  } catch {
    return [];
  }
}

/** Called with a process that belongs to a marker, as soon as it is found. */
export type Visit = (pid: number, marker: string) => void;

/**
 * Visits those that have a marker in their environment, or its tag, but never ourselves.
 *
 * @throws if the process table could not be read completely
 */
export async function visitProc(markers: ReadonlySet<string>, visit: Visit): Promise<void> {
  const byTag = new Map([...markers].map((marker) => [tagOf(marker), marker]));
  const buffer = Buffer.allocUnsafe(READ_BYTES_MAX);
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  for (const [index, pid] of pids.entries()) {
    // A few system calls per process are cheap enough to be synchronous, with pauses for other work.
    if (index % PIDS_PER_SLICE === PIDS_PER_SLICE - 1) await nextTick();
    if (pid === process.pid) continue;
    const marker =
      byTag.get(tagIn(readInto(buffer, `/proc/${pid}/limits`)) ?? '') ??
      markerIn(readInto(buffer, `/proc/${pid}/environ`), markers);
    // A process that has ended keeps its limits until its parent notices, which may be never.
    if (marker !== undefined && lookAt(pid) !== 'gone') visit(pid, marker);
  }
}

/** Visits those whose environment `ps` shows: on macOS, not that of the programs that belong to the system. */
export function visitByPs(markers: ReadonlySet<string>, visit: Visit): void {
  for (const line of ps(['-axEww', ...columns('pid', 'command')]).split('\n')) {
    const pid = Number.parseInt(line, 10);
    const marker = line
      .split(' ')
      .map(assigned)
      .find((each) => markers.has(each));
    if (pid !== process.pid && marker !== undefined) visit(pid, marker);
  }
}

/** The beginning of a file; empty for a process that is gone, is a kernel thread, or that we may not read. */
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

/** The marker in a NUL-separated environment, if it is one of these. */
function markerIn(environment: Buffer, markers: ReadonlySet<string>): string | undefined {
  // Most processes have none: a search in the bytes saves splitting their environments.
  if (!environment.includes(MARKER_VARIABLE)) return undefined;
  return environment
    .toString()
    .split('\0')
    .map(assigned)
    .find((each) => markers.has(each));
}

/** The marker that an assignment in an environment assigns; empty if it is about another variable. */
function assigned(assignment: string): string {
  const name = `${MARKER_VARIABLE}=`;
  return assignment.startsWith(name) ? assignment.slice(name.length) : '';
}

/** Any other error only means that it could not be read. */
function isAbsent(error: unknown): boolean {
  return saysNothingThere(error) || codeOf(error) === 'ESRCH';
}

function isForbidden(error: unknown): boolean {
  return ['EACCES', 'EPERM'].includes(codeOf(error));
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}

/** Without headers. In one argument, some would take all that follows the first `=` for a header. */
function columns(...names: string[]): readonly string[] {
  return names.flatMap((name) => ['-o', `${name}=`]);
}

/** For `env`. So that the same process always has the same start time: `ps` writes it in a language and a time zone. */
function psLine(args: readonly string[]): readonly string[] {
  return ['LC_ALL=C', 'TZ=UTC0', 'ps', ...args];
}

/** @throws if `ps` could not be run, or failed */
function ps(args: readonly string[]): string {
  const { error, status, stdout, stderr } = spawnSync('env', psLine(args), {
    encoding: 'utf8',
    maxBuffer: PS_BYTES_MAX,
  });
  if (error !== undefined) throw error;
  // It also exits with 1, without a message, if it finds no process.
  if (status !== 0 && stderr !== '') throw new Error(`ps failed with exit code ${status}`);
  return stdout;
}
