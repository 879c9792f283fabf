/**
 * What ends the processes of a session if their server dies. A PID namespace is the kernel's own way. Without being root it
 * takes a user namespace, in which the files of all other users belong to nobody: ssh refuses its configuration, and sudo
 * and rootless containers do not work. The supervisor (supervisor.ts) changes nothing for the session.
 */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { spawnError } from './failure.ts';
import { OWN_SYSTEM, type System } from './process-table.ts';
import { REGISTER } from './supervisor-script.ts';
import { taggingPrefix } from './tag.ts';

/** What an operator can choose; `auto`: a PID namespace if that does not take a user namespace. */
export const GUARD_CHOICES = ['auto', 'namespace', 'supervisor'] as const;
export type GuardChoice = (typeof GUARD_CHOICES)[number];

export type ProcessGuard = {
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
    case 'linux':
      return LINUX[choice].find(works) ?? SUPERVISED_ONLY;
    case 'bsd':
    case 'posix':
      return { ...SUPERVISED_ONLY, label: (marker) => registering(join(directory, marker)) };
    case 'windows':
      return { ...SUPERVISED_ONLY, name: 'none', label: () => [] };
  }
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
  if (error !== undefined) throw spawnError(error);
  if (FOR_THE_MOMENT.test(stderr)) throw spawnError(new Error(stderr.trim()));
  return status === 0;
}
