/**
 * Why a turn, a start or a process failed, in our own words: what Claude Code and the API write may quote a repository or
 * a gateway, so only their short codes are read.
 */

import type { ChildProcess } from 'node:child_process';
import type { SDKAssistantMessageError, SDKResultMessage } from '@anthropic-ai/claude-agent-sdk';
import { type Failure, SessionError } from '../errors.ts';
import { figure, HTTP_STATUS_MAX } from './message-parts.ts';

/** The kind of failure that the last assistant message named. */
export type ApiError = SDKAssistantMessageError;

export function unavailable(message: string, hint: string): Failure {
  return { code: 'UNAVAILABLE', message, retryable: false, hint };
}

/** A later try may succeed. */
export function unavailableNow(message: string, hint?: string): Failure {
  return { code: 'UNAVAILABLE', message, retryable: true, hint };
}

export function invalid(message: string, hint?: string): Failure {
  return { code: 'INVALID_REQUEST', message, retryable: false, hint };
}

export function limitExceeded(message: string, hint: string): Failure {
  return { code: 'LIMIT_EXCEEDED', message, retryable: false, hint };
}

/** What to do if a turn was cut off. */
export const AGAIN = 'send the prompt again: the conversation so far is kept.';

/** The failure for an error result. */
export function failureOfResult(result: SDKResultMessage, apiError: ApiError | undefined): Failure {
  const startup = result.subtype === 'success' ? undefined : result.startup_failure_reason;
  if (startup !== undefined) return startupFailure(startup);
  if (findsNoConversation(result)) return UNREADABLE;
  const reason = result.terminal_reason;
  const byReason = BY_REASON[result.subtype] ?? BY_REASON[reason ?? ''];
  if (byReason !== undefined) return byReason;
  const given = result.subtype === 'success' ? result.api_error_status : undefined;
  const status = figure(given, HTTP_STATUS_MAX);
  const early = `Claude Code ended the turn early (${asCode(reason ?? result.subtype)})`;
  return apiFailure(apiError, status) ?? unavailableNow(early);
}

/** Whether Claude Code has found nothing to resume in the transcript. */
function findsNoConversation(result: SDKResultMessage): boolean {
  const given: unknown = result.subtype === 'success' ? undefined : result.errors;
  const errors: readonly unknown[] = Array.isArray(given) ? given : [];
  return errors.some((error) => String(error).startsWith('No conversation found'));
}

/** What to do if the transcript of a conversation cannot be used. */
export const TRANSCRIPT_HINT =
  'restore the transcript in projects/ of the configuration directory that Claude Code has at this server (CLAUDE_CONFIG_DIR, or ~/.claude) and send the prompt again, or begin anew with create_session.';

const UNREADABLE = unavailable(
  'Claude Code cannot read its transcript of the conversation, which is damaged; nothing was begun anew',
  TRANSCRIPT_HINT,
);

const TOO_LONG = invalid(
  "the conversation with this prompt does not fit into the model's context",
  'send /compact first, or a shorter prompt.',
);

const BY_REASON: Readonly<Record<string, Failure>> = {
  error_max_turns: limitExceeded(
    'the turn used all the model calls that it may make (maxTurns)',
    'send_prompt goes on from here; a session created with a higher maxTurns gets further in one turn.',
  ),
  error_max_budget_usd: limitExceeded(
    'the budget is used up (maxBudgetUsd)',
    'update_session raises it; then send the prompt again.',
  ),
  error_max_structured_output_retries: unavailableNow(
    'Claude gave no output that fits the schema (outputSchema), however often it was asked again',
    'send the prompt again, or with a schema that is easier to fit.',
  ),
  prompt_too_long: TOO_LONG,
  blocking_limit: TOO_LONG,
  image_error: invalid(
    'the request is larger than the API takes, most likely because of images',
    'send /compact first, or leave out large files and images.',
  ),
};

const CREDENTIALS = unavailable(
  'Claude Code is not signed in, or the API refused its credentials',
  'set ANTHROPIC_API_KEY for the server, or sign in once with `claude` and /login.',
);

const ACCOUNT = unavailable(
  'the account may not use the API now',
  'look at the account in the Anthropic Console.',
);

const AGAIN_LATER = 'send the prompt again later.';

const OVERLOADED = unavailableNow('the API is overloaded (status 529)', AGAIN_LATER);

const BY_API_ERROR: Readonly<Partial<Record<ApiError, Failure>>> = {
  authentication_failed: CREDENTIALS,
  oauth_org_not_allowed: CREDENTIALS,
  cloud_credential_error: unavailable(
    "the cloud provider's credentials do not work",
    'renew the credentials in the environment of the server.',
  ),
  account_on_hold: ACCOUNT,
  verification_required: ACCOUNT,
  billing_error: unavailable(
    'insufficient credit on the account',
    'add credit in the Anthropic Console.',
  ),
  rate_limit: {
    code: 'LIMIT_EXCEEDED',
    message: "the API's rate limit was reached, retries included",
    retryable: true,
    hint: 'send the prompt again later, or run fewer sessions at once.',
  },
  overloaded: OVERLOADED,
  model_not_found: invalid(
    "the API does not know the session's model, or the account may not use it",
    'update_session gives the session another model; then send the prompt again.',
  ),
  max_output_tokens: limitExceeded(
    "the answer reached the model's limit of output tokens",
    'ask for the work in smaller pieces.',
  ),
};

function apiFailure(
  apiError: ApiError | undefined,
  status: number | undefined,
): Failure | undefined {
  const known = apiError && BY_API_ERROR[apiError];
  if (known !== undefined) return known;
  if (status === 529) return OVERLOADED;
  if (status !== undefined && status >= 500) {
    return unavailableNow(`the API failed (status ${status}), retries included`, AGAIN_LATER);
  }
  if (status !== undefined) return invalid(`the API refused the request (status ${status})`);
  if (apiError === 'invalid_request') return invalid('the request is not valid for the API');
  return apiError && UNREACHABLE;
}

/** Without a status there was no answer: it was refused, dropped, or too late. */
const UNREACHABLE = unavailableNow(
  'the API could not be reached, or did not answer in time',
  'check the network, and ANTHROPIC_BASE_URL and the proxy settings of the server.',
);

const BY_STARTUP: Readonly<Record<string, Failure>> = {
  bypass_root: unavailable(
    'Claude Code does not bypass permissions when it runs as root',
    'run the server as another user, or set IS_SANDBOX=1 if a container is the sandbox.',
  ),
  cwd_unavailable: unavailable(
    "the session's working directory cannot be used",
    'restore the directory, or create a session in another one.',
  ),
  sandbox_required_unavailable: unavailable(
    'Claude Code cannot make the sandbox that the session runs in',
    'apt install bubblewrap socat, or the like; `claude-sessions-mcp doctor` says what is missing.',
  ),
  config_file_invalid: unavailable(
    'a configuration file of Claude Code is not valid JSON',
    'run `claude` once in a terminal: it names the file and how to repair it.',
  ),
};

function startupFailure(reason: string): Failure {
  const hint = 'run `claude` once in a terminal: it says what it needs.';
  return (
    BY_STARTUP[reason] ?? unavailable(`Claude Code refused to start (${asCode(reason)})`, hint)
  );
}

/** A code from Claude Code's own vocabulary. Anything else is not shown. */
function asCode(value: string): string {
  return /^[a-z_]{1,60}$/.test(value) ? value : 'unknown reason';
}

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
      'the working directory or its CLAUDE.md was moved or replaced while Claude Code started in it',
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
