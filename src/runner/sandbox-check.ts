/** Whether Claude Code's sandbox for shell commands can be made on this machine. */

import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { Failure } from '../errors.ts';
import { failureOf } from '../errors.ts';
import { SANDBOX_TRY_MS_MAX } from '../process-limits.ts';
import type { Environment } from './environment.ts';
import { spawnError, unavailable } from './failure.ts';

/** Programs that the sandbox is made of on Linux, and the packages that bring them. macOS has its own. */
const PROGRAMS = { bwrap: 'bubblewrap', socat: 'socat' };

/** As Claude Code calls it, as far as that may be forbidden. */
const TRY = '--unshare-user --unshare-pid --unshare-net --ro-bind / / --dev /dev --proc /proc true';

/**
 * Why no session can run in the sandbox here now; undefined if one can. Claude Code itself refuses to start without the
 * programs, but not if the system forbids what they do: then each command fails, and Claude works on without a shell.
 *
 * @param environment that of the sessions, whose `PATH` counts
 */
export async function sandboxProblem(
  environment: Environment,
  platform: NodeJS.Platform = process.platform,
): Promise<Failure | undefined> {
  if (platform === 'darwin') return undefined;
  if (platform !== 'linux') {
    return unavailable("Claude Code's sandbox works only on Linux and macOS", 'leave out sandbox.');
  }
  const { PATH = '' } = environment;
  const missing: string[] = [];
  for (const [program, name] of Object.entries(PROGRAMS)) {
    if (!(await isOn(PATH, program))) missing.push(name);
  }
  if (missing.length > 0) return lacking(missing);
  return await triedOut(PATH);
}

function lacking(missing: readonly string[]): Failure {
  const names = missing.join(' and ');
  return unavailable(
    `the sandbox needs ${names}, not found in the PATH of the sessions`,
    `install it (for example: apt install ${missing.join(' ')}), or leave out sandbox.`,
  );
}

async function isOn(path: string, program: string): Promise<boolean> {
  const places = path.split(delimiter).filter(Boolean);
  const looks = places.map((folder) => isProgram(join(folder, program)));
  return (await Promise.all(looks)).includes(true);
}

/** What cannot be looked at cannot be run either; it takes no file descriptor. */
async function isProgram(file: string): Promise<boolean> {
  const look = access(file, constants.X_OK).then(() => stat(file));
  return (await look.catch(() => undefined))?.isFile() ?? false;
}

async function triedOut(PATH: string): Promise<Failure | undefined> {
  const options = { env: { PATH }, timeout: SANDBOX_TRY_MS_MAX };
  try {
    await promisify(execFile)('bwrap', TRY.split(' '), options);
    return undefined;
  } catch (error) {
    const { code, killed } = error as { readonly code?: unknown; readonly killed?: boolean };
    if (typeof code === 'string') return failureOf(spawnError(error));
    const how = killed === true ? 'no answer in time' : `exit code ${code}`;
    return unavailable(
      `bubblewrap is installed, but cannot make a sandbox here (${how})`,
      `let it make user namespaces: in a container by its seccomp and AppArmor profiles, on Ubuntu by an AppArmor profile for bwrap. \`bwrap ${TRY}\` shows the error.`,
    );
  }
}
