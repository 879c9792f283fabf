/** Where a session's process works, and whether that is still the directory it was started in. */

import { readlink, realpath, stat } from 'node:fs/promises';
import { quoteId, SessionError } from '../errors.ts';
import { cannotLook, saysNothingThere } from '../looks.ts';

/**
 * The directory with every symbolic link resolved, so that a link that is replaced later changes nothing. Looked at
 * before the spawn, which would report a missing directory as a missing program.
 *
 * @throws SessionError UNAVAILABLE
 */
export async function placeOf(path: string): Promise<string> {
  const what = `the working directory ${quoteId(path)}`;
  const found = await look(path).catch((error: unknown) => {
    if (saysNothingThere(error)) return undefined;
    throw cannotLook(what, error);
  });
  if (found?.isDirectory) return found.path;
  throw new SessionError(
    'UNAVAILABLE',
    `${what} ${found === undefined ? 'does not exist' : 'is not a directory'}`,
    { hint: 'Restore the directory, or create a session in another one.', retryable: false },
  );
}

async function look(path: string): Promise<{ path: string; isDirectory: boolean }> {
  const resolved = await realpath(path);
  return { path: resolved, isDirectory: (await stat(resolved)).isDirectory() };
}

/**
 * Whether the process works in the directory and the directory still stands at its path: neither has been moved,
 * replaced or deleted.
 *
 * @param place as {@link placeOf} gave it
 */
export async function worksIn(pid: number, place: string): Promise<boolean> {
  // Only Linux tells where a process works; on other systems only the path itself can be looked at.
  const [now, ofProcess] = await Promise.all([
    realpath(place).catch(() => undefined),
    readlink(`/proc/${pid}/cwd`).catch(() => place),
  ]);
  return now === place && ofProcess === place;
}
