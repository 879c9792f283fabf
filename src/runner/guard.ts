/**
 * What ends the processes of a session if their server dies. A PID namespace is the kernel's own way. Without being root it
 * takes a user namespace, in which the files of all other users belong to nobody: ssh refuses its configuration, and sudo
 * and rootless containers do not work. The supervisor (supervisor.ts) changes nothing for the session.
 */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { spawnError } from './failure.ts';
import { SYSTEM_PATH } from './finder.ts';
import { OWN_SYSTEM, type System } from './process-table.ts';
import { REGISTER } from './supervisor-script.ts';
import { taggingPrefix } from './tag.ts';

/** What an operator can choose; `auto`: a PID namespace if that does not take a user namespace. */
export const GUARD_CHOICES = ['auto', 'namespace', 'supervisor'] as const;
export type GuardChoice = (typeof GUARD_CHOICES)[number];

export type ProcessGuard = {
  /** `none`: what a session leaves behind when its server dies is ended by the next server, if at all. */
  readonly name: 'pid-namespace' | 'user-pid-namespace' | 'supervisor' | 'none';
  /** Command and arguments to put before the guarded command. */
  readonly prefix: readonly string[];
  /** The same, after the prefix, so that the process can be found by its marker. */
  label(marker: string): readonly string[];
};

/** Time for the programs of a guard to answer. */
export const GUARD_MS_MAX = 5000;

const PARENT_DEATH = ['setpriv', '--pdeathsig', 'KILL', '--'];
const PID_NAMESPACE = ['--pid', '--fork', '--kill-child=KILL', '--mount-proc', '--'];

const OF_ROOT: ProcessGuard = {
  name: 'pid-namespace',
  prefix: [...PARENT_DEATH, 'unshare', ...PID_NAMESPACE],
  label: taggingPrefix,
};
const OF_USER: ProcessGuard = {
  name: 'user-pid-namespace',
  prefix: [...PARENT_DEATH, 'unshare', '--user', '--map-current-user', ...PID_NAMESPACE],
  label: taggingPrefix,
};
/** The kernel ends the root without any delay. */
const SUPERVISED: ProcessGuard = {
  name: 'supervisor',
  prefix: PARENT_DEATH,
  label: taggingPrefix,
};
const SUPERVISED_ONLY: ProcessGuard = { ...SUPERVISED, prefix: [] };
const NONE: ProcessGuard = { name: 'none', prefix: [], label: () => [] };

const LINUX: Readonly<Record<GuardChoice, readonly ProcessGuard[]>> = {
  auto: [OF_ROOT, SUPERVISED],
  namespace: [OF_ROOT, OF_USER, SUPERVISED],
  supervisor: [SUPERVISED],
};

/**
 * The guard to use here. Each is tried, which takes some milliseconds, so keep the answer.
 *
 * @param directory the guard directory
 * @throws SessionError UNAVAILABLE if it could not be tried now
 */
export function processGuard(
  choice: GuardChoice,
  system: System = OWN_SYSTEM,
  directory = '.',
): ProcessGuard {
  switch (system) {
    case 'linux': {
      if (missingPrograms(system).length === 0) return LINUX[choice].find(works) ?? SUPERVISED_ONLY;
      return LINUX[choice].find((each) => each.name !== 'supervisor' && works(each)) ?? NONE;
    }
    case 'bsd':
    case 'posix':
      if (missingPrograms(system).length > 0) return NONE;
      return { ...SUPERVISED_ONLY, label: (marker) => registering(join(directory, marker)) };
    case 'windows':
      return NONE;
  }
}

/** What a supervisor needs besides `/bin/sh`. A slim container may lack some of it. */
const PROC_PROGRAMS = ['grep', 'sleep'];
const TABLE_PROGRAMS = ['ps', 'awk', 'cat', 'date', 'find', 'mkfifo', 'mv', 'rm', 'sleep'];

/**
 * The programs that a supervisor needs and that are not there.
 *
 * @throws SessionError UNAVAILABLE if that cannot be seen now
 */
export function missingPrograms(system: System): readonly string[] {
  if (system === 'windows') return [];
  const names = system === 'linux' ? PROC_PROGRAMS : TABLE_PROGRAMS;
  const script = 'for each do command -v "$each" > /dev/null || echo "$each"; done';
  const { error, stdout } = spawnSync('/bin/sh', ['-c', script, 'sh', ...names], {
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
    timeout: GUARD_MS_MAX,
    env: { PATH: SYSTEM_PATH },
  });
  if (isMissing(error)) return ['sh'];
  if (error !== undefined) throw spawnError(error);
  return stdout.split('\n').filter((name) => name !== '');
}

function registering(file: string): readonly string[] {
  return ['/bin/sh', '-c', REGISTER, file, String(process.pid)];
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
  if (isMissing(error)) return false;
  if (error !== undefined) throw spawnError(error);
  if (FOR_THE_MOMENT.test(stderr)) throw spawnError(new Error(stderr.trim()));
  return status === 0;
}

/** Some containers have no program but one. */
function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
}
