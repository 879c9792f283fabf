/** The directories that a session's process works in, and whether they still are those it was started with. */

import { readlink, realpath, stat } from 'node:fs/promises';
import { quoteId, SessionError } from '../errors.ts';
import { cannotLook, ifThere } from '../looks.ts';

/**
 * The directory with every symbolic link resolved, so that replacing a link later changes nothing. Checked before the
 * spawn, which would report a missing directory as a missing program.
 *
 * @param word what it is for, in messages
 * @throws SessionError UNAVAILABLE
 */
export async function realDirectoryOf(
  path: string,
  word: 'working directory' | 'additional directory' = 'working directory',
): Promise<string> {
  const what = `the ${word} ${quoteId(path)}`;
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

/**
 * Whether each directory still is at its path, and is not replaced by a link.
 *
 * @param directories real paths
 */
export async function areInPlace(directories: readonly string[]): Promise<boolean> {
  const now = directories.map((directory) => realpath(directory).catch(() => undefined));
  return (await Promise.all(now)).every((path, at) => path === directories[at]);
}
