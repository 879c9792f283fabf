/** The directory that a session's process works in, and whether it still is the one it was started in. */

import { readlink, realpath, stat } from 'node:fs/promises';
import { quoteId, SessionError } from '../errors.ts';
import { cannotLook, ifThere } from '../looks.ts';

/**
 * The directory with every symbolic link resolved, so that replacing a link later changes nothing. Checked before the
 * spawn, which would report a missing directory as a missing program.
 *
 * @throws SessionError UNAVAILABLE
 */
export async function realDirectoryOf(path: string): Promise<string> {
  const what = `the working directory ${quoteId(path)}`;
  const found = await ifThere(look(path)).catch((error: unknown) => {
    throw cannotLook(what, error);
  });
  if (found?.isDirectory) return found.path;
  throw new SessionError(
    'UNAVAILABLE',
    `${what} ${found === undefined ? 'does not exist' : 'is not a directory'}`,
    { hint: 'restore the directory, or create a session in another one.', retryable: false },
  );
}

async function look(path: string) {
  const resolved = await realpath(path);
  return { path: resolved, isDirectory: (await stat(resolved)).isDirectory() };
}

/**
 * Whether the process works in the directory, and the directory still is at its path: it was not moved, replaced or
 * deleted.
 *
 * @param directory a real path
 */
export async function worksIn(pid: number, directory: string): Promise<boolean> {
  // Only Linux shows where a process works. On other systems only the path itself can be checked.
  const [now, ofProcess] = await Promise.all([
    realpath(directory).catch(() => undefined),
    readlink(`/proc/${pid}/cwd`).catch(() => directory),
  ]);
  return now === directory && ofProcess === directory;
}
