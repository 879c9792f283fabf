/** What Claude Code reports outside of the conversation, as short notices in our own words. */

import type {
  SDKAPIRetryMessage,
  SDKMessage,
  SDKRateLimitEvent,
  SDKTaskNotificationMessage,
  SDKTaskStartedMessage,
} from '@anthropic-ai/claude-agent-sdk';
import { taskKind } from './background.ts';
import { asName, fallbackOf, figure, HTTP_STATUS_MAX } from './message-parts.ts';

/** Larger figures are left out of a notice. */
const RETRIES_MAX = 1000;
const RETRY_DELAY_MS_MAX = 7 * 86_400_000;
/** The end of the year 9999. */
const RESET_S_MAX = 253_402_300_799;

/** The notice for a message. Most messages need none. */
export function noticeOf(message: SDKMessage): string | undefined {
  if (message.type === 'rate_limit_event') return rateLimit(message);
  if (message.type === 'conversation_reset') return 'The conversation was cleared.';
  if (message.type !== 'system') return undefined;
  const fallback = fallbackOf(message);
  if (fallback !== undefined) return fallbackText(fallback);
  switch (message.subtype) {
    case 'api_retry':
      return retry(message);
    case 'compact_boundary':
      return `The conversation was compacted (${message.compact_metadata.trigger === 'auto' ? 'it had grown too long' : 'as asked'}).`;
    case 'permission_denied':
      return `Claude Code itself denied the use of ${asName(message.tool_name)}.`;
    case 'informational':
      return message.level === 'warning' || message.level === 'notice'
        ? 'Claude Code showed a message of its own; the server log has it.'
        : undefined;
    case 'model_refusal_fallback':
      return `The model refused; ${asName(message.fallback_model)} answers instead.`;
    case 'model_refusal_no_fallback':
      return 'The model refused to answer.';
    case 'task_started':
      return taskStarted(message);
    case 'task_notification':
      return taskEnded(message);
    case 'session_writes_lost':
      return 'Claude Code could not save the conversation: the disk is full. Resuming it may miss its end.';
    default:
      return undefined;
  }
}

function fallbackText({ from, to, isOverloaded }: NonNullable<ReturnType<typeof fallbackOf>>) {
  return `${from} ${isOverloaded ? 'is overloaded' : 'cannot be used now'}; ${to} answers instead.`;
}

function retry(message: SDKAPIRetryMessage): string {
  const status = figure(message.error_status, HTTP_STATUS_MAX);
  const cause = status === undefined ? 'The API did not answer' : `The API answered ${status}`;
  const attempt = figure(message.attempt, RETRIES_MAX);
  const retries = figure(message.max_retries, RETRIES_MAX);
  const which =
    attempt === undefined || retries === undefined ? 'a retry' : `retry ${attempt} of ${retries}`;
  const delayMs = figure(message.retry_delay_ms, RETRY_DELAY_MS_MAX);
  const when = delayMs === undefined ? '' : ` in ${(delayMs / 1000).toFixed(1)} s`;
  return `${cause}; ${which}${when}.`;
}

function rateLimit({ rate_limit_info: info }: SDKRateLimitEvent): string | undefined {
  if (info.status === 'allowed') return undefined;
  const limit =
    info.rateLimitType === undefined ? 'rate' : asName(info.rateLimitType).replaceAll('_', ' ');
  const state = info.status === 'rejected' ? 'is reached' : 'is nearly reached';
  // Epoch seconds, as Claude Code passes on from the API.
  const resetS = figure(info.resetsAt, RESET_S_MAX);
  const reset =
    resetS === undefined ? '' : `; it resets at ${new Date(resetS * 1000).toISOString()}`;
  return `The account's ${limit} limit ${state}${reset}.`;
}

function taskStarted(message: SDKTaskStartedMessage): string | undefined {
  if (message.is_backgrounded !== true || message.ambient) return undefined;
  return `A background ${taskKind(message.task_type)} started.`;
}

function taskEnded({ status, ambient }: SDKTaskNotificationMessage): string | undefined {
  return ambient ? undefined : `A background task ended (${asName(status)}).`;
}
