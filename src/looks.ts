/** What an error of the file system means. Being unable to look is not the same as finding nothing. */

import { SessionError } from './errors.ts';

const NOTHING_THERE = new Set(['ENOENT', 'ENOTDIR']);
const OUT_OF_MEANS = new Set(['EMFILE', 'ENFILE', 'ENOMEM']);

/** Whether the error means that nothing is at the path. Any other only means that we could not look. */
export function saysNothingThere(error: unknown): boolean {
  return NOTHING_THERE.has(codeOf(error));
}

/** Whether the error is about this server, not about the path. */
export function isOutOfMeans(error: unknown): boolean {
  return OUT_OF_MEANS.has(codeOf(error));
}

/** The error for something that could not be read, perhaps only temporarily. */
export function cannotLook(what: string, error: unknown): SessionError {
  return new SessionError('UNAVAILABLE', `${what} could not be looked at (${codeOf(error)})`, {
    hint: 'check its permissions, and whether the server is out of open files; then send the prompt again.',
    cause: error,
  });
}

function codeOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : 'unknown error';
}
