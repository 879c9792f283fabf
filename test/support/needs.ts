/**
 * What some tests need besides Node: Linux tools, and root. On a developer's machine, tests whose tools are missing are
 * skipped. In CI they run and fail.
 */

import { spawnSync } from 'node:child_process';

const mayLack = process.env.CI === undefined;

/** To trace system calls, and to make them fail. */
export const lacksStrace = mayLack && !works('strace', '-V');
/** To mount a disk that nobody else sees. */
export const lacksMounts = mayLack && !works('unshare', '-m', 'mount', '-t', 'tmpfs', 'x', '/tmp');
/** To be another user. */
export const lacksUsers = mayLack && !works('setpriv', '--reuid=65534', 'true');
/** To compare what it says. */
export const lacksSsh = mayLack && !works('ssh', '-V');

function works(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}
