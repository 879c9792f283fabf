/** Checks that a working directory exists inside one of the operator's roots. */

import { realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quoteId, SessionError } from '../errors.ts';
import { ERROR_LIST_MAX } from '../limits.ts';
import { cannotLook, isOutOfMeans, saysNothingThere } from '../looks.ts';
import { isInside } from '../paths.ts';

type Found = {
  /** With every symbolic link resolved. */
  readonly path: string;
  readonly isDirectory: boolean;
};

/** Where sessions may work. */
export type Places = {
  /** Resolved paths. */
  readonly roots: readonly string[];
  /** For a session whose caller names no directory; undefined if there is no obvious one. */
  readonly defaultDirectory?: string | undefined;
};

/**
 * The directory for a session whose caller names none, to be checked like one that was named.
 *
 * @throws SessionError INVALID_REQUEST if there is no obvious one
 */
export function unnamedDirectory({ roots, defaultDirectory }: Places): string {
  if (defaultDirectory !== undefined) return defaultDirectory;
  const [root = '/'] = roots;
  const example = JSON.stringify({ workingDirectory: join(root, 'project') });
  throw new SessionError(
    'INVALID_REQUEST',
    'workingDirectory is missing: this server has no directory in which sessions work by default',
    { hint: `Name a directory inside a root (${rootsText(roots)}), for example ${example}.` },
  );
}

/**
 * Returns the real path of the directory that a caller names for a new session: an absolute path, `~` or a path below
 * it, or a `file://` URI.
 *
 * @param roots resolved paths
 * @throws SessionError INVALID_REQUEST if it is relative, missing, not a directory or outside the roots, UNAVAILABLE
 *   if this server has no file descriptor left
 */
export async function resolveWorkingDirectory(
  path: string,
  roots: readonly string[],
): Promise<string> {
  const place = path.startsWith('file://') ? pathOfUri(path) : pathFromHome(path);
  if (!isAbsolute(place)) throw refused(path, NOT_ABSOLUTE, HOW_TO_NAME);
  if (place.includes('\0')) throw refused(path, 'contains U+0000', HOW_TO_NAME);
  const found = await find(place).catch((error: unknown) => {
    if (isOutOfMeans(error)) throw cannotLook(whatOf(path), error);
  });
  // The same answer for "missing" and "outside", so that nobody can probe what exists outside the roots.
  if (found === undefined || !isInAny(found.path, roots)) {
    throw refused(
      path,
      'is not an existing directory inside a configured root',
      `the roots are ${rootsText(roots)}; the operator adds one with --root.`,
    );
  }
  if (!found.isDirectory)
    throw refused(path, 'is not a directory', 'pass the directory that contains it.');
  return found.path;
}

/** The first of a client's directories in which a session may work without being told to: not in the home directory. */
export async function firstInside(
  uris: readonly string[],
  roots: readonly string[],
): Promise<string | undefined> {
  for (const uri of uris.filter((one) => one.startsWith('file://'))) {
    const path = await resolveWorkingDirectory(uri, roots).catch((error: unknown) => {
      if (error instanceof SessionError && error.code === 'INVALID_REQUEST') return undefined;
      throw error;
    });
    if (path !== undefined && path !== (await find(homedir()))?.path) return path;
  }
  return undefined;
}

const NOT_ABSOLUTE = 'is not an absolute path: there is nothing that it could be relative to';
const HOW_TO_NAME =
  "Pass an absolute path, a path that begins with ~/ (the home directory of this server's user), or a file:// URI.";

function pathFromHome(path: string): string {
  if (path !== '~' && !path.startsWith('~/')) return path;
  const home = homedir();
  // With an empty HOME, `~/x` would be `/x`.
  return isAbsolute(home) ? join(home, path.slice(1)) : path;
}

function pathOfUri(uri: string): string {
  // `#` and `?` would have to be encoded in a path; without that, a part of it would be dropped here.
  if (/[?#]/.test(uri)) throw refused(uri, 'has a query or a fragment', HOW_TO_NAME);
  try {
    return fileURLToPath(uri);
  } catch {
    throw refused(uri, 'is not a file:// URI of a path on this machine', HOW_TO_NAME);
  }
}

/** The first ones, since there may be many. */
function rootsText(roots: readonly string[]): string {
  const more = roots.length - ERROR_LIST_MAX;
  return roots.slice(0, ERROR_LIST_MAX).join(', ') + (more > 0 ? ` and ${more} more` : '');
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
