/**
 * The folders for temporary files that sessions have as their `$TMPDIR`. One lives as long as its session, over all its
 * processes. It is named after the session, and shortly: Claude Code makes a Unix socket in it, and the path of a socket
 * has about 100 bytes at most.
 */

import { lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SessionError } from '../errors.ts';
import { ifThere } from '../looks.ts';
import { reasonOf } from './failure.ts';

const NAME_CHARS = 16;
const NAME = /^[0-9a-f]{16}$/;

/** The directory of the folders in a state directory. */
export function scratchDirectoryOf(stateDir: string): string {
  return join(stateDir, 'tmp');
}

/**
 * Makes the session's folder unless it is there; anything else in its place goes.
 *
 * @throws SessionError UNAVAILABLE
 */
export async function openScratch(parent: string, uuid: string): Promise<string> {
  const directory = folderOf(parent, uuid);
  try {
    await mkdir(parent, { recursive: true, mode: 0o700 });
    if ((await ifThere(lstat(directory)))?.isDirectory()) return directory;
    await rm(directory, { force: true });
    await mkdir(directory, { mode: 0o700 });
    return directory;
  } catch (error) {
    throw new SessionError(
      'UNAVAILABLE',
      `the session's folder for temporary files could not be made: ${reasonOf(error)}`,
      { hint: 'look at the state directory: its rights, and the space on its disk.', cause: error },
    );
  }
}

export async function removeScratch(parent: string, uuid: string): Promise<void> {
  await rm(folderOf(parent, uuid), { recursive: true, force: true, maxRetries: 3 });
}

/** The beginnings of the UUIDs of the sessions that have a folder. */
export async function scratchOwners(parent: string): Promise<readonly string[]> {
  const names = (await ifThere(readdir(parent))) ?? [];
  return names
    .filter((name) => NAME.test(name))
    .map((name) => name.replace(/^(.{8})(.{4})(.{4})$/, '$1-$2-$3'));
}

function folderOf(parent: string, uuid: string): string {
  return join(parent, uuid.replaceAll('-', '').slice(0, NAME_CHARS));
}
