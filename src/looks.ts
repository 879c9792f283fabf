/** Looking at files: with a bound, and what an error means. Being unable to look is not the same as finding nothing. */

import { access } from 'node:fs/promises';
import { SessionError } from './errors.ts';
import { aborted, within } from './timer.ts';

const NOTHING_THERE = new Set(['ENOENT', 'ENOTDIR']);
const OUT_OF_MEANS = new Set(['EMFILE', 'ENFILE', 'ENOMEM']);

/** Whether the error means that nothing is at the path. Any other only means that we could not look. */
export function saysNothingThere(error: unknown): boolean {
  return NOTHING_THERE.has(codeOf(error) ?? '');
}

/** What the look finds; undefined if nothing is there. Any other error is thrown. */
export async function ifThere<T>(look: Promise<T>): Promise<T | undefined> {
  try {
    return await look;
  } catch (error) {
    if (saysNothingThere(error)) return undefined;
    throw error;
  }
}

/** False if nothing is at the path; true if something is, or if that cannot be seen. */
export function mayBeThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    (error: unknown) => !saysNothingThere(error),
  );
}

/** Whether the error is about this server, not about the path. */
export function isOutOfMeans(error: unknown): boolean {
  return OUT_OF_MEANS.has(codeOf(error) ?? '');
}

/** The error for something that could not be read, perhaps only temporarily. */
export function cannotLook(what: string, error: unknown): SessionError {
  const code = codeOf(error) ?? 'unknown error';
  return new SessionError('UNAVAILABLE', `${what} could not be looked at (${code})`, {
    hint: 'check its permissions, and whether the server is out of open files; then send the prompt again.',
    cause: error,
  });
}

/**
 * Returns what a look at files returns, unless the file system hangs. The look itself cannot be stopped; what it returns
 * later is ignored.
 *
 * @throws SessionError UNAVAILABLE if `ms` have passed or the signal aborts
 */
export async function inTime<T>(look: Promise<T>, ms: number, signal?: AbortSignal): Promise<T> {
  const isInTime = await within(Promise.race([look, aborted(signal)]), ms);
  if (isInTime && !signal?.aborted) return await look;
  look.catch(() => undefined);
  throw new SessionError('UNAVAILABLE', `the files of the session did not answer within ${ms} ms`, {
    hint: 'the file system of its working directory or of the home directory may hang: check it, then send the prompt again.',
  });
}

/** The code of an error of the system, such as EACCES; undefined for any other error. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
