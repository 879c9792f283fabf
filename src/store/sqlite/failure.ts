/** Why the state database cannot be used, for the person who reads it: SQLite's error codes, and our own checks. */

import { SessionError } from '../../errors.ts';

const BUSY = 5;
const IO_ERROR = 10;
/** Extended codes: fsync of a file, and of the directory that contains it. */
const FAILED_SYNCS: ReadonlySet<number> = new Set([1034, 1290]);

/** By primary result code. Any other code (a constraint, a mistake in a statement) is a defect. */
const FAILURES: Readonly<Record<number, readonly [message: string, hint: string]>> = {
  [BUSY]: [
    'the state database is locked by another process',
    'try again; if that does not help, look for a stopped or hung server on the same state directory.',
  ],
  7: ['there is not enough memory for the state database', 'free some memory, then call again.'],
  8: [
    'the state database cannot be written',
    'make the state directory and its files writable for the user of the server, then call again.',
  ],
  [IO_ERROR]: [
    'the state database had an I/O error',
    'check the disk of the state directory and its free space, then call again.',
  ],
  // SQLite says the same of a file that is damaged and of a disk that fails to read it.
  11: [
    'the state database is damaged, or its disk cannot be read',
    'check the disk of the state directory; if it is fine, stop the servers that use it and restore the database from a backup.',
  ],
  13: ['the disk of the state directory is full', 'free some space there, then call again.'],
  14: [
    'the state database cannot be opened',
    'check that the state directory exists and is writable for the user of the server.',
  ],
  15: [
    'the files of the state database cannot be locked',
    'check that the file system of the state directory is a local one and has locks left, then call again.',
  ],
  26: [
    'the state database is not an SQLite database',
    'stop the servers that use this state directory and restore its database from a backup.',
  ],
};

export function isBusy(error: unknown): boolean {
  return primaryCode(error) === BUSY;
}

/** The disk did not confirm a write: it is unknown how much of what the page cache shows is on the disk. */
export function isFailedSync(error: unknown): boolean {
  return FAILED_SYNCS.has(codeOf(error));
}

/** The disk failed during use: the connection may be unusable from now on. */
export function isIoError(error: unknown): boolean {
  return primaryCode(error) === IO_ERROR;
}

/** The failure of the disk, the file or the lock that caused an error; undefined if it has another cause. */
export function storageFailure(error: unknown): SessionError | undefined {
  const failure = FAILURES[primaryCode(error)];
  if (failure === undefined) return undefined;
  const [message, hint] = failure;
  return new SessionError('UNAVAILABLE', message, { hint, cause: error });
}

/** SQLite's extended codes carry the primary one in their low byte. */
function primaryCode(error: unknown): number {
  return codeOf(error) & 0xff;
}

/** SQLite's code of an error; 0 if it has none. */
function codeOf(error: unknown): number {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0;
}

const ON_ITS_OWN =
  'check the disk of the state directory; the server recovers by itself as soon as it works again.';

export function closedError(): SessionError {
  return new SessionError('UNAVAILABLE', 'the server is stopping', {
    hint: 'call again once it is back.',
  });
}

/** Not retryable, because the call may have taken effect. */
export function unconfirmedError(cause: unknown): SessionError {
  return new SessionError(
    'UNAVAILABLE',
    'the disk did not confirm a write: it is not known whether this call took effect',
    { hint: `check whether it did before you call again; ${ON_ITS_OWN}`, retryable: false, cause },
  );
}

/** For a call of which nothing was written. */
export function reopeningError(cause: unknown): SessionError {
  const why = cause instanceof SessionError ? `: ${cause.message}` : '';
  return new SessionError(
    'UNAVAILABLE',
    `the disk of the state directory has failed and does not work yet${why}`,
    { hint: `nothing of this call was written; ${ON_ITS_OWN}`, cause },
  );
}

export function movedError(): SessionError {
  return new SessionError('UNAVAILABLE', 'the state database was moved, replaced or deleted', {
    hint: 'put it back, or restart the server to use what is there now.',
  });
}

export class JournalFullError extends SessionError {
  constructor() {
    super('UNAVAILABLE', 'the journal of the state database is full and cannot be emptied', {
      hint: 'another program (a shell, a copy) holds an old state of the database open: end it, then call again.',
    });
  }
}
