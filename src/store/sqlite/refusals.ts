/** The errors of calls while the state database takes no writes. */

import { SessionError } from '../../errors.ts';

const ON_ITS_OWN =
  'check the disk of the state directory; the server recovers by itself as soon as it works again.';

export function closedError(): SessionError {
  return new SessionError('UNAVAILABLE', 'the server is stopping', {
    hint: 'call again once it is back.',
  });
}

/** Not retryable: the call may have been written, and nobody knows. */
export function unconfirmedError(cause: unknown): SessionError {
  return new SessionError(
    'UNAVAILABLE',
    'the disk did not confirm a write: it is not known whether this call took effect',
    { hint: `check whether it did before you call again; ${ON_ITS_OWN}`, retryable: false, cause },
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
