/** What a call hears when the state database takes no writes. */

import { SessionError } from '../errors.ts';

const ON_ITS_OWN =
  'check the disk of the state directory; the server goes on by itself as soon as it works again.';

export function closedError(): SessionError {
  return new SessionError('UNAVAILABLE', 'the server is stopping', {
    hint: 'call again once it is back.',
  });
}

/** Not retryable: the call may have been written after all, and nobody can tell. */
export function unconfirmedError(cause: unknown): SessionError {
  return new SessionError(
    'UNAVAILABLE',
    'the disk did not confirm a write: it is not known whether this call took effect',
    { hint: `look whether it did before you call again; ${ON_ITS_OWN}`, retryable: false, cause },
  );
}

/** Nothing of the call was written. */
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
    hint: 'put it back where it was, or restart the server to go on with what is there now.',
  });
}

export class JournalFullError extends SessionError {
  constructor() {
    super('UNAVAILABLE', 'the journal of the state database is full and cannot be emptied', {
      hint: 'another program keeps an old state of the database open: end it (a shell, a copy), then call again.',
    });
  }
}
