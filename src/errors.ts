/**
 * The errors a caller is meant to read. Whatever else is thrown is a defect: it is logged whole and
 * shown only as INTERNAL.
 */

import { escapedJson, shorten } from './text.ts';

/** Every code a tool result can carry (contract, section 6). */
export const ERROR_CODES = [
  'INVALID_REQUEST',
  'SESSION_NOT_FOUND',
  'NOT_FOUND',
  'SESSION_NOT_READY',
  'CONFLICT',
  'LIMIT_EXCEEDED',
  'UNAVAILABLE',
  'INTERNAL',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** What is kept of a failure in a record or an event; never text that came from outside. */
export type Failure = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
  readonly hint?: string;
};

type ErrorDetails = {
  /** One sentence that names the next call or flag. */
  readonly hint?: string | undefined;
  /** Whether the same call may succeed later without a change; by default the code decides. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
};

/** An expected failure. The message names the thing by its id and says what was expected. */
export class SessionError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = details.hint;
    this.retryable = details.retryable ?? (code === 'LIMIT_EXCEEDED' || code === 'UNAVAILABLE');
  }

  /** The same error as plain data, for records, events and results. */
  toFailure(): Failure {
    return {
      code: this.code,
      message: this.message,
      retryable: this.retryable,
      ...(this.hint !== undefined && { hint: this.hint }),
    };
  }
}

/** No such session, or one that the caller may not know of: both read the same. */
export class SessionNotFoundError extends SessionError {
  constructor(sessionId: unknown) {
    super('SESSION_NOT_FOUND', `no session ${quoteId(sessionId)}`, {
      hint: 'list_sessions names the sessions you can use.',
    });
  }
}

/** A setting that cannot be used; the message is the one line shown, and the exit code is 2. */
export class SettingError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SettingError';
  }
}

/** An id as it may stand in a message: short, printable, never raw control bytes. */
export function quoteId(id: unknown): string {
  const text = typeof id === 'object' && id !== null ? typeof id : String(id);
  return escapedJson(JSON.stringify(shorten(text, 80))).slice(1, -1) || '(empty)';
}

/** The error that was kept as this failure. */
export function errorOf({ code, message, retryable, hint }: Failure): SessionError {
  return new SessionError(code, message, { retryable, hint });
}

/** The failure to show for anything thrown; what is not ours becomes a plain INTERNAL. */
export function failureOf(error: unknown): Failure {
  if (error instanceof SessionError) return error.toFailure();
  return {
    code: 'INTERNAL',
    message: 'internal error; the server log has it',
    retryable: false,
  };
}
