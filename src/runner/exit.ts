/** Why a process that we did not end is gone, or never came to be of use. */

import type { ChildProcess } from 'node:child_process';
import { type Failure, SessionError } from '../errors.ts';

type Exit = Pick<ChildProcess, 'exitCode' | 'signalCode'>;

/** The failure of a turn, or of a prompt, whose process has stopped by itself. */
export function crashFailure({ exitCode, signalCode }: Exit): Failure {
  const how = signalCode === null ? `exit code ${exitCode}` : `signal ${signalCode}`;
  return {
    code: 'UNAVAILABLE',
    message: `Claude Code stopped unexpectedly (${how})`,
    retryable: true,
    hint: 'Send the prompt again: the conversation so far is kept.',
  };
}

/** The error of a start that came to nothing: the process ended, was not ready in time, or its directory was replaced. */
export function startError(why: Exit | { readonly notWithinMs: number } | 'moved'): SessionError {
  if (why === 'moved') {
    return new SessionError(
      'UNAVAILABLE',
      'the working directory was moved or replaced while Claude Code started in it',
      { hint: 'Send the prompt again.' },
    );
  }
  const message =
    'notWithinMs' in why
      ? `Claude Code was not ready within ${why.notWithinMs} ms (RUN_START_MS_MAX)`
      : `Claude Code ended before it was ready (exit code ${why.exitCode})`;
  const hint = 'The server log has what it wrote; try the same Claude Code in a terminal.';
  return new SessionError('UNAVAILABLE', message, { hint });
}

/** A failure as an error to throw. */
export function errorOf({ code, message, hint, retryable }: Failure): SessionError {
  return new SessionError(code, message, { retryable, ...(hint !== undefined && { hint }) });
}
