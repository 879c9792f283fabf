/**
 * What some tests need besides Node: Linux and its tools, root, a recent bash. On a developer's machine, tests whose tools
 * are missing are skipped. In CI they run and fail, unless the system itself cannot have the tool.
 */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const mayLack = process.env.CI === undefined || process.platform !== 'linux';

/** To trace system calls, and to make them fail. */
export const lacksStrace = mayLack && !works('strace', '-V');
/** To mount a disk that nobody else sees. */
export const lacksMounts = mayLack && !works('unshare', '-m', 'mount', '-t', 'tmpfs', 'x', '/tmp');
/** To be another user. */
export const lacksUsers = mayLack && !works('setpriv', '--reuid=65534', 'true');
/** To compare what it says. */
export const lacksSsh = mayLack && !works('ssh', '-V');
/** To run shell commands in Claude Code's sandbox; macOS has its own. */
export const lacksSandbox =
  mayLack &&
  process.platform !== 'darwin' &&
  !(works('bwrap', '--unshare-user', '--ro-bind', '/', '/', 'true') && works('socat', '-V'));
/** To log in to. */
export const lacksSshd = mayLack && !existsSync('/usr/sbin/sshd');
/** For waits shorter than a second: the one of macOS is too old. */
export const lacksBash = mayLack && !works('/bin/bash', '-c', '((BASH_VERSINFO[0] >= 5))');
/** To see what a process holds. */
export const lacksProc = mayLack && !existsSync('/proc/self/status');

function works(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}
