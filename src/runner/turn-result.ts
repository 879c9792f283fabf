/** The state of a turn from its messages so far, which results belong to it, and how a result ends it. */

import type { SDKResultMessage } from '@anthropic-ai/claude-agent-sdk';
import { TURN_RESULT_BYTES_MAX } from '../limits.ts';
import type { TurnOutcome } from '../session/decide.ts';
import type { UsageByModel } from '../session/event.ts';
import { totalOf } from '../session/usage.ts';
import { cutBytes } from '../text.ts';
import { type ApiError, failureOfResult } from './failure.ts';
import { NOT_COMPACTED, NOT_TAKEN } from './prompt-text.ts';
import type { ReadOutput } from './structured-output.ts';

export type HeardTurn = {
  readonly id: string;
  readonly origin: 'prompt' | 'autonomous';
  /** Claude Code has taken it up; before that, what arrives is an earlier turn's. */
  begun: boolean;
  /** It is there to shorten the conversation and has not done so yet; `stopping` if it has been asked to stop. */
  compaction?: 'pending' | 'stopping';
  /** Claude's last text, as it came and as it was reported. */
  lastText?: string;
  text?: string;
  apiError?: ApiError;
  usage: UsageByModel;
};

export function belongs(result: SDKResultMessage, turn: HeardTurn): boolean {
  if (turn.origin === 'autonomous') return true;
  const uuids =
    result.user_message_uuids ?? (result.user_message_uuid ? [result.user_message_uuid] : []);
  // A failure of the session as a whole names no prompt; a background task's turn names its origin.
  return uuids.includes(turn.id) || (uuids.length === 0 && result.origin === undefined);
}

/** @param readOutput set if the process has a schema for the output of its turns */
export function outcomeOf(
  result: SDKResultMessage,
  { apiError, compaction, origin, usage }: HeardTurn,
  text: string | undefined,
  readOutput: ReadOutput | undefined,
): TurnOutcome {
  const reason = result.terminal_reason;
  if (reason === 'aborted_streaming' || reason === 'aborted_tools') return { state: 'interrupted' };
  // `is_error` decides, not `subtype`: an API error comes as a success.
  if (result.is_error) return { state: 'failed', error: failureOfResult(result, apiError) };
  if (compaction === 'stopping') return { state: 'interrupted' };
  if (compaction === 'pending') return { state: 'failed', error: NOT_COMPACTED };
  if (origin === 'prompt' && result.num_turns === 0 && isNothing(usage)) {
    return { state: 'failed', error: NOT_TAKEN, ...resultOf(text) };
  }
  // A turn that no prompt started has no schema.
  if (readOutput === undefined || origin === 'autonomous') {
    return { state: 'completed', ...resultOf(text) };
  }
  const read = readOutput(result.subtype === 'success' ? result.structured_output : undefined);
  return { state: 'error' in read ? 'failed' : 'completed', ...resultOf(text), ...read };
}

/** No model was asked. A skill that runs as an agent is no turn of the conversation, and costs something. */
function isNothing(usage: UsageByModel): boolean {
  const { inputTokens, outputTokens } = totalOf(usage);
  return inputTokens + outputTokens === 0;
}

export function resultOf(text: string | undefined): { result?: string } {
  return text === undefined || text === '' ? {} : { result: cutBytes(text, TURN_RESULT_BYTES_MAX) };
}
