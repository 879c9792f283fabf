/** Checks that the directories of a session exist inside the operator's roots. */

import { lstat, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quoteId, SessionError } from '../errors.ts';
import { ERROR_LIST_MAX } from '../limits.ts';
import { cannotLook, ifThere, isOutOfMeans, saysNothingThere } from '../looks.ts';
import { isInside } from '../paths.ts';

type Found = {
  /** With every symbolic link resolved. */
  readonly path: string;
  readonly isDirectory: boolean;
};

/** The argument that names a directory, which is also what the directory is for. */
type Role = 'workingDirectory' | 'additionalDirectories';

const WORDS: Readonly<Record<Role, string>> = {
  workingDirectory: 'working directory',
  additionalDirectories: 'additional directory',
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
 * Returns the real path of a directory that a caller names for a new session: an absolute path, `~` or a path below it,
 * or a `file://` URI.
 *
 * @param roots resolved paths
 * @param role the argument, for the messages
 * @throws SessionError INVALID_REQUEST if it is relative, missing, not a directory or outside the roots, UNAVAILABLE
 *   if this server has no file descriptor left
 */
export async function resolveDirectory(
  path: string,
  roots: readonly string[],
  role: Role = 'workingDirectory',
): Promise<string> {
  const refused = (reason: string, hint: string) =>
    new SessionError('INVALID_REQUEST', `${role} ${quoteId(path)} ${reason}`, { hint });
  const place = placeOf(path);
  if ('reason' in place) throw refused(place.reason, HOW_TO_NAME);
  const found = await find(place.path).catch((error: unknown) => {
    if (isOutOfMeans(error)) throw cannotLook(whatOf(path, role), error);
  });
  if (found === undefined && (await isMissingInside(place.path, roots).catch(() => false))) {
    throw refused('is not an existing directory', 'correct its name, or create it first.');
  }
  // The same answer for "missing" and "outside", so that nobody can probe what exists outside the roots.
  if (found === undefined || !isInAny(found.path, roots)) {
    throw refused(
      'is not an existing directory inside a configured root',
      `the roots are ${rootsText(roots)}; the operator adds one with --root.`,
    );
  }
  if (!found.isDirectory)
    throw refused('is not a directory', 'pass the directory that contains it.');
  return found.path;
}

/** The first of a client's directories in which a session may work without being told to: not in the home directory. */
export async function firstInside(
  uris: readonly string[],
  roots: readonly string[],
): Promise<string | undefined> {
  for (const uri of uris.filter((one) => one.startsWith('file://'))) {
    const path = await resolveDirectory(uri, roots).catch((error: unknown) => {
      if (error instanceof SessionError && error.code === 'INVALID_REQUEST') return undefined;
      throw error;
    });
    if (path !== undefined && path !== (await find(homedir()))?.path) return path;
  }
  return undefined;
}

const NOT_ABSOLUTE = 'is not an absolute path: there is nothing that it could be relative to';
export const HOW_TO_NAME =
  "Pass an absolute path, a path that begins with ~/ (the home directory of this server's user), or a file:// URI.";

/** Where a spelling of a path leads, or what is wrong with it. */
export function placeOf(path: string): { readonly path: string } | { readonly reason: string } {
  const place = path.startsWith('file://') ? pathOfUri(path) : { path: pathFromHome(path) };
  if ('reason' in place) return place;
  if (!isAbsolute(place.path)) return { reason: NOT_ABSOLUTE };
  return place.path.includes('\0') ? { reason: 'contains U+0000' } : place;
}

function pathFromHome(path: string): string {
  if (path !== '~' && !path.startsWith('~/')) return path;
  const home = homedir();
  // With an empty HOME, `~/x` would be `/x`.
  return isAbsolute(home) ? join(home, path.slice(1)) : path;
}

function pathOfUri(uri: string): ReturnType<typeof placeOf> {
  // `#` and `?` would have to be encoded in a path; without that, a part of it would be dropped here.
  if (/[?#]/.test(uri)) return { reason: 'has a query or a fragment' };
  try {
    return { path: fileURLToPath(uri) };
  } catch {
    return { reason: 'is not a file:// URI of a path on this machine' };
  }
}

/** The first ones, since there may be many. */
export function rootsText(roots: readonly string[]): string {
  const more = roots.length - ERROR_LIST_MAX;
  return roots.slice(0, ERROR_LIST_MAX).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/**
 * Returns the real path of a session's directory before it runs: since the session was created, the directory may have
 * been removed or replaced by a link, and this server may have other roots.
 *
 * @param role for the messages
 *
 * @throws SessionError UNAVAILABLE if the session must not run there now
 */
export async function currentDirectory(
  path: string,
  roots: readonly string[],
  role: Role = 'workingDirectory',
): Promise<string> {
  const what = whatOf(path, role);
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
    role === 'workingDirectory'
      ? 'Restore the directory, or create a session in another one.'
      : 'Restore the directory, or create a session without it.',
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

/** Whether nothing is there, not even a link, and the nearest folder above it that exists is inside a root. */
export async function isMissingInside(path: string, roots: readonly string[]): Promise<boolean> {
  if ((await ifThere(lstat(path))) !== undefined) return false;
  const above = dirname(path);
  const found = await find(above);
  return found === undefined ? isMissingInside(above, roots) : isInAny(found.path, roots);
}

function isInAny(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => isInside(path, root));
}

function whatOf(path: string, role: Role): string {
  return `the ${WORDS[role]} ${quoteId(path)}`;
}

function unusable(message: string, hint: string): SessionError {
  return new SessionError('UNAVAILABLE', message, { hint, retryable: false });
}
