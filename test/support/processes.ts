/** Looking at processes, and starting them apart, with what Linux and macOS share. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** In a shell: what follows runs in a session of its own. macOS has no `setsid`. */
export const APART = "perl -MPOSIX=setsid -e 'setsid; exec @ARGV' --";

/** The command line of a process, as `ps` shows it; empty if it is gone. */
export function commandLineOf(pid: number): string {
  return column(pid, 'args');
}

/** The name of the program that a process runs. */
export function programOf(pid: number): string {
  return column(pid, 'comm').replace(/^.*\//, '');
}

/** A letter first: `T` is stopped, `Z` has ended without its parent noticing. */
export function stateOf(pid: number): string {
  return column(pid, 'stat');
}

/** The names of its environment variables. On macOS, `ps` shows them behind the command line. */
export function variablesOf(pid: number): readonly string[] {
  if (process.platform === 'linux') {
    const environ = readFileSync(`/proc/${pid}/environ`, 'utf8');
    return environ.split('\0').flatMap((each) => each.split('=')[0] || []);
  }
  const { stdout } = spawnSync('ps', ['-Eww', '-o', 'command=', '-p', String(pid)], {
    encoding: 'utf8',
  });
  return [...stdout.matchAll(/ ([A-Za-z_]\w*)=/g)].map(([, name = '']) => name);
}

function column(pid: number, name: string): string {
  const { stdout } = spawnSync('ps', ['-ww', '-o', `${name}=`, '-p', String(pid)], {
    encoding: 'utf8',
  });
  return stdout.trim();
}
