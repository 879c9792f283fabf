/**
 * Why a turn or a start failed, in our own words: what Claude Code and the API write may quote a repository or a
 * gateway, so only their short codes are read.
 */

import type { SDKAssistantMessageError, SDKResultMessage } from '@anthropic-ai/claude-agent-sdk';
import type { ErrorCode, Failure } from '../errors.ts';
import { figure, HTTP_STATUS_MAX } from './message-parts.ts';

/** The kind of failure that the last assistant message named. */
export type ApiError = SDKAssistantMessageError;

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
  return apiFailure(apiError, status) ?? endedEarly(reason ?? result.subtype);
}

function failure(code: ErrorCode, message: string, retryable: boolean, hint?: string): Failure {
  return { code, message, retryable, hint };
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

const UNREADABLE = failure(
  'UNAVAILABLE',
  'Claude Code cannot read its transcript of the conversation, which is damaged; nothing was begun anew',
  false,
  TRANSCRIPT_HINT,
);

const TOO_LONG = failure(
  'INVALID_REQUEST',
  "the conversation with this prompt does not fit into the model's context",
  false,
  'send /compact first, or a shorter prompt.',
);

const BY_REASON: Readonly<Record<string, Failure>> = {
  error_max_turns: failure(
    'LIMIT_EXCEEDED',
    'the turn used all the model calls that it may make (maxTurns)',
    false,
    'send_prompt goes on from here; a session created with a higher maxTurns gets further in one turn.',
  ),
  error_max_budget_usd: failure(
    'LIMIT_EXCEEDED',
    'the budget is used up (maxBudgetUsd)',
    false,
    'create a session with a higher maxBudgetUsd.',
  ),
  prompt_too_long: TOO_LONG,
  blocking_limit: TOO_LONG,
  image_error: failure(
    'INVALID_REQUEST',
    'the request is larger than the API takes, most likely because of images',
    false,
    'send /compact first, or leave out large files and images.',
  ),
};

const SIGN_IN = 'set ANTHROPIC_API_KEY for the server, or sign in once with `claude` and /login.';

const CREDENTIALS = failure(
  'UNAVAILABLE',
  'Claude Code is not signed in, or the API refused its credentials',
  false,
  SIGN_IN,
);

const ACCOUNT = failure(
  'UNAVAILABLE',
  'the account may not use the API now',
  false,
  'look at the account in the Anthropic Console.',
);

const BY_API_ERROR: Readonly<Partial<Record<ApiError, Failure>>> = {
  authentication_failed: CREDENTIALS,
  oauth_org_not_allowed: CREDENTIALS,
  cloud_credential_error: failure(
    'UNAVAILABLE',
    "the cloud provider's credentials do not work",
    false,
    'renew the credentials in the environment of the server.',
  ),
  account_on_hold: ACCOUNT,
  verification_required: ACCOUNT,
  billing_error: failure(
    'UNAVAILABLE',
    'insufficient credit on the account',
    false,
    'add credit in the Anthropic Console.',
  ),
  rate_limit: failure(
    'LIMIT_EXCEEDED',
    "the API's rate limit was reached, retries included",
    true,
    'send the prompt again later, or run fewer sessions at once.',
  ),
  overloaded: overloaded(),
  model_not_found: failure(
    'INVALID_REQUEST',
    "the API does not know the session's model, or the account may not use it",
    false,
    'create a session with another model.',
  ),
  max_output_tokens: failure(
    'LIMIT_EXCEEDED',
    "the answer reached the model's limit of output tokens",
    false,
    'ask for the work in smaller pieces.',
  ),
};

function apiFailure(
  apiError: ApiError | undefined,
  status: number | undefined,
): Failure | undefined {
  const known = apiError && BY_API_ERROR[apiError];
  if (known !== undefined) return known;
  if (status === 529) return overloaded();
  if (status !== undefined && status >= 500) {
    return failure(
      'UNAVAILABLE',
      `the API failed (status ${status}), retries included`,
      true,
      'send the prompt again later.',
    );
  }
  if (status !== undefined) {
    return failure('INVALID_REQUEST', `the API refused the request (status ${status})`, false);
  }
  if (apiError === 'invalid_request') {
    return failure('INVALID_REQUEST', 'the request is not valid for the API', false);
  }
  return apiError && unreachable();
}

function overloaded(): Failure {
  return failure(
    'UNAVAILABLE',
    'the API is overloaded (status 529)',
    true,
    'send the prompt again later.',
  );
}

/** Without a status there was no answer: it was refused, dropped, or too late. */
function unreachable(): Failure {
  return failure(
    'UNAVAILABLE',
    'the API could not be reached, or did not answer in time',
    true,
    'check the network, and ANTHROPIC_BASE_URL and the proxy settings of the server.',
  );
}

function endedEarly(reason: string): Failure {
  return failure('UNAVAILABLE', `Claude Code ended the turn early (${asCode(reason)})`, true);
}

const BY_STARTUP: Readonly<Record<string, Failure>> = {
  bypass_root: failure(
    'UNAVAILABLE',
    'Claude Code does not bypass permissions when it runs as root',
    false,
    'run the server as another user, or set IS_SANDBOX=1 if a container is the sandbox.',
  ),
  cwd_unavailable: failure(
    'UNAVAILABLE',
    "the session's working directory cannot be used",
    false,
    'restore the directory, or create a session in another one.',
  ),
  config_file_invalid: failure(
    'UNAVAILABLE',
    'a configuration file of Claude Code is not valid JSON',
    false,
    'run `claude` once in a terminal: it names the file and how to repair it.',
  ),
};

function startupFailure(reason: string): Failure {
  return (
    BY_STARTUP[reason] ??
    failure(
      'UNAVAILABLE',
      `Claude Code refused to start (${asCode(reason)})`,
      false,
      'run `claude` once in a terminal: it says what it needs.',
    )
  );
}

/** A code from Claude Code's own vocabulary. Anything else is not shown. */
function asCode(value: string): string {
  return /^[a-z_]{1,60}$/.test(value) ? value : 'unknown reason';
}
