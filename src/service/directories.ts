/** Where a session may work: an existing directory inside one of the operator's roots. */

import { realpath, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { quoteId, SessionError } from '../errors.ts';
import { isInside } from '../paths.ts';

/**
 * The directory with every symbolic link resolved.
 *
 * @param roots resolved paths
 * @throws SessionError INVALID_REQUEST when it is relative, missing, no directory or outside the roots
 */
export async function resolveWorkingDirectory(
  path: string,
  roots: readonly string[],
): Promise<string> {
  if (!isAbsolute(path) || path.includes('\0')) {
    throw refused(path, 'is not an absolute path', 'give the whole path, from the root.');
  }
  const resolved = await realpath(path).catch(() => undefined);
  const found = resolved === undefined ? undefined : await stat(resolved).catch(() => undefined);
  const inside = resolved !== undefined && roots.some((root) => isInside(resolved, root));
  // One answer for "missing" and "outside": what lies outside the roots is not this caller's to probe.
  if (resolved === undefined || found === undefined || !inside) {
    throw refused(
      path,
      'is not an existing directory inside a configured root',
      `the roots are ${roots.join(', ')}; the operator adds one with --root.`,
    );
  }
  if (!found.isDirectory()) throw refused(path, 'is not a directory', 'name its folder.');
  return resolved;
}

function refused(path: string, reason: string, hint: string): SessionError {
  return new SessionError('INVALID_REQUEST', `workingDirectory ${quoteId(path)} ${reason}`, {
    hint,
  });
}
