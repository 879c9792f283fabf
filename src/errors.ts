/**
 * The errors for callers. Anything else that is thrown is a defect: it is logged completely and shown only as INTERNAL.
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

/** A failure as records and events keep it. It never has text from outside. */
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

/** An expected failure. The message names the object by its id and says what was expected. */
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
    const { code, message, retryable, hint } = this;
    return { code, message, retryable, hint };
  }
}

/** No such session, or one that the caller may not see: the error is the same. */
export class SessionNotFoundError extends SessionError {
  constructor(sessionId: unknown) {
    super('SESSION_NOT_FOUND', `no session ${quoteId(sessionId)}`, {
      hint: 'list_sessions names the sessions you can use.',
    });
  }
}

/** An invalid setting. The message is the one line that is shown; the exit code is 2. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

/** An id for a message: short, printable, without control characters. */
export function quoteId(id: unknown): string {
  const text = typeof id === 'object' && id !== null ? typeof id : String(id);
  return escapedJson(JSON.stringify(shorten(text, 80))).slice(1, -1) || '(empty)';
}

/** The error that this failure was made from. */
export function errorOf({ code, message, retryable, hint }: Failure): SessionError {
  return new SessionError(code, message, { retryable, hint });
}

/** The failure to show for anything thrown. An unexpected error becomes a plain INTERNAL. */
export function failureOf(error: unknown): Failure {
  if (error instanceof SessionError) return error.toFailure();
  return {
    code: 'INTERNAL',
    message: 'internal error; the server log has it',
    retryable: false,
  };
}
