/** How the processes of sessions are found, on each system. */

import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { OWN_SYSTEM, type System, type Visit, visitByPs, visitProc } from './process-table.ts';
import { FIND } from './supervisor-script.ts';

/** Time for one look by `ps`, and the maximum size of what it finds. */
const FIND_MS_MAX = 10_000;
const FOUND_BYTES_MAX = 16 * 1024 * 1024;

export type Finder = {
  readonly system: System;
  /**
   * Calls `visit` for each process that belongs to one of the markers, but never for ourselves.
   *
   * @throws if the process table could not be read completely
   */
  visit(markers: ReadonlySet<string>, visit: Visit): Promise<void>;
  /** The same for processes that are to be killed now. They may have been stopped, so that they start no others. */
  hold(markers: ReadonlySet<string>, visit: Visit): Promise<void>;
  /** Drops what is kept to find the processes of a marker. To be called when none is left. */
  forget(marker: string): Promise<void>;
};

const PROC: Finder = {
  system: 'linux',
  visit: visitProc,
  hold: visitProc,
  forget: async () => undefined,
};

const NOWHERE: Finder = {
  system: 'windows',
  // There is no such table. The root of a tree is killed as our child.
  visit: async () => undefined,
  hold: async () => undefined,
  forget: async () => undefined,
};

/** Where a server keeps what has to be known about processes if the system does not. */
export function guardDirectoryOf(stateDir: string): string {
  return join(stateDir, 'guard');
}

/** @param directory which {@link guardDirectoryOf} gives */
export function createFinder(system: System = OWN_SYSTEM, directory = '.'): Finder {
  if (system === 'linux') return PROC;
  return system === 'windows' ? NOWHERE : tableFinder(system, directory);
}

function tableFinder(system: System, directory: string): Finder {
  const find = async (verb: 'find' | 'hold', markers: ReadonlySet<string>, visit: Visit) => {
    for (const line of await ask(directory, verb, markers)) {
      const [pid = '', marker = ''] = line.split(' ');
      if (markers.has(marker)) visit(Number(pid), marker);
    }
    if (system === 'bsd') visitByPs(markers, visit);
  };
  return {
    system,
    visit: (markers, visit) => find('find', markers, visit),
    hold: (markers, visit) => find('hold', markers, visit),
    forget: async (marker) => {
      const files = [marker, `${marker}.seen`];
      await Promise.all(files.map((file) => rm(join(directory, file), { force: true })));
    },
  };
}

/** Runs the script once, in a process of its own: whatever has become of the supervisor, this works. */
async function ask(
  directory: string,
  verb: string,
  markers: ReadonlySet<string>,
): Promise<readonly string[]> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const args = ['-c', `umask 077\n${FIND}`, 'claude-sessions-find', verb, ...markers];
  const { stdout } = await promisify(execFile)('/bin/sh', args, {
    cwd: directory,
    env: { PATH: SYSTEM_PATH },
    timeout: FIND_MS_MAX,
    maxBuffer: FOUND_BYTES_MAX,
  });
  return stdout.split('\n').filter((line) => line !== '');
}

/** The supervisor's programs are those of the system, whatever the server's search path is. */
export const SYSTEM_PATH = '/usr/bin:/bin:/usr/sbin:/sbin';
