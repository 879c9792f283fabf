/** Checks that a working directory exists inside one of the operator's roots. */

import { realpath, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { quoteId, SessionError } from '../errors.ts';
import { cannotLook, isOutOfMeans, saysNothingThere } from '../looks.ts';
import { isInside } from '../paths.ts';

type Found = {
  /** With every symbolic link resolved. */
  readonly path: string;
  readonly isDirectory: boolean;
};

/**
 * Returns the real path of the directory that a caller names for a new session.
 *
 * @param roots resolved paths
 * @throws SessionError INVALID_REQUEST if it is relative, missing, not a directory or outside the roots, UNAVAILABLE
 *   if this server has no file descriptor left
 */
export async function resolveWorkingDirectory(
  path: string,
  roots: readonly string[],
): Promise<string> {
  if (!isAbsolute(path) || path.includes('\0')) {
    throw refused(path, 'is not an absolute path', 'pass an absolute path.');
  }
  const found = await find(path).catch((error: unknown) => {
    if (isOutOfMeans(error)) throw cannotLook(whatOf(path), error);
  });
  // The same answer for "missing" and "outside", so that nobody can probe what exists outside the roots.
  if (found === undefined || !isInAny(found.path, roots)) {
    throw refused(
      path,
      'is not an existing directory inside a configured root',
      `the roots are ${roots.join(', ')}; the operator adds one with --root.`,
    );
  }
  if (!found.isDirectory)
    throw refused(path, 'is not a directory', 'pass the directory that contains it.');
  return found.path;
}

/**
 * Returns the real path of a session's directory before it runs: since the session was created, the directory may have
 * been removed or replaced by a link, and this server may have other roots.
 *
 * @throws SessionError UNAVAILABLE if the session must not run there now
 */
export async function currentDirectory(path: string, roots: readonly string[]): Promise<string> {
  const what = whatOf(path);
  const found = await find(path).catch((error: unknown) => {
    throw cannotLook(what, error);
  });
  if (found !== undefined && !isInAny(found.path, roots)) {
    throw unusable(
      `${what} is outside the roots of this server, or has become a link to outside`,
      'The operator adds a root with --root; then the next prompt tries again.',
    );
  }
  if (found?.isDirectory) return found.path;
  throw unusable(
    `${what} ${found === undefined ? 'does not exist' : 'is not a directory'}`,
    'Restore the directory, or create a session in another one.',
  );
}

/** Undefined if nothing exists at the path; rejects if that cannot be determined. */
async function find(path: string): Promise<Found | undefined> {
  try {
    const resolved = await realpath(path);
    return { path: resolved, isDirectory: (await stat(resolved)).isDirectory() };
  } catch (error) {
    if (saysNothingThere(error)) return undefined;
    throw error;
  }
}

function isInAny(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => isInside(path, root));
}

function whatOf(path: string): string {
  return `the working directory ${quoteId(path)}`;
}

function refused(path: string, reason: string, hint: string): SessionError {
  return new SessionError('INVALID_REQUEST', `workingDirectory ${quoteId(path)} ${reason}`, {
    hint,
  });
}

function unusable(message: string, hint: string): SessionError {
  return new SessionError('UNAVAILABLE', message, { hint, retryable: false });
}
