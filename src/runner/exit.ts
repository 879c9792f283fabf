/** Why a process ended that we did not end, or never got ready. */

import type { ChildProcess } from 'node:child_process';
import { type Failure, SessionError } from '../errors.ts';
import { AGAIN, unavailableNow } from './failure.ts';

type Exit = Pick<ChildProcess, 'exitCode' | 'signalCode'>;

/** The failure of a turn or a prompt whose process has stopped by itself. */
export function crashFailure({ exitCode, signalCode }: Exit): Failure {
  const how = signalCode === null ? `exit code ${exitCode}` : `signal ${signalCode}`;
  return unavailableNow(`Claude Code stopped unexpectedly (${how})`, AGAIN);
}

/** The error of a failed start: the process ended, was not ready in time, or its directory was replaced. */
export function startError(why: Exit | { readonly notWithinMs: number } | 'moved'): SessionError {
  if (why === 'moved') {
    return new SessionError(
      'UNAVAILABLE',
      'the working directory was moved or replaced while Claude Code started in it',
      { hint: 'send the prompt again.' },
    );
  }
  const message =
    'notWithinMs' in why
      ? `Claude Code was not ready within ${why.notWithinMs} ms (RUN_START_MS_MAX)`
      : `Claude Code ended before it was ready (exit code ${why.exitCode})`;
  const hint = 'The server log has what it wrote; try the same Claude Code in a terminal.';
  return new SessionError('UNAVAILABLE', message, { hint });
}

const OUT_OF_FILES = 'there are no file descriptors left';
const ENOUGH = 'raise the limit (`ulimit -n`), or run fewer sessions and connections at once.';

/** Why the operating system could not start a program: in words, whether that may be temporary, and what to do. */
const BY_CODE: Readonly<Record<string, readonly [text: string, passes: boolean, hint: string]>> = {
  EMFILE: [OUT_OF_FILES, true, ENOUGH],
  ENFILE: [OUT_OF_FILES, true, ENOUGH],
  EAGAIN: [
    'no further process may be started',
    true,
    'raise the limit on processes (`ulimit -u`, or that of the container), or run fewer sessions at once.',
  ],
  ENOMEM: [
    'there is too little memory',
    true,
    'run fewer sessions at once, or give it more memory.',
  ],
  ENOSPC: ['the disk is full', true, 'make room on the disk.'],
  EACCES: ['access is denied', false, 'give its file and the folders above it the missing rights.'],
  ENOENT: ['it does not exist', false, 'install it again, or give its path with --claude-path.'],
  ENOEXEC: [
    'it is not a program for this system',
    false,
    'give the path of another one with --claude-path.',
  ],
};

/** The error of a system call: in words if it is a common one, and always with its code. */
export function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  const text = BY_CODE[code ?? '']?.[0];
  if (code === undefined) return 'for a reason that the server log has';
  return text === undefined ? code : `${text} (${code})`;
}

/** The error of a program that the operating system did not start. */
export function spawnError(error: unknown): SessionError {
  const [, retryable, hint] = BY_CODE[(error as NodeJS.ErrnoException).code ?? ''] ?? [
    undefined,
    true,
    'the server log has the error of the operating system.',
  ];
  return new SessionError('UNAVAILABLE', `Claude Code could not be started: ${reasonOf(error)}`, {
    hint,
    retryable,
    cause: error,
  });
}
