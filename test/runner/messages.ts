/** Messages of the Agent SDK, as the real Claude Code sends them, cut to what the runner reads. */

import type { SDKMessage } from '@anthropic-ai/claude-agent-sdk';

const COMMON = { uuid: '00000000-0000-4000-8000-00000000000a', session_id: 's' };

export function message(fields: Record<string, unknown>): SDKMessage {
  return { ...COMMON, ...fields } as unknown as SDKMessage;
}

export function system(subtype: string, fields: Record<string, unknown> = {}): SDKMessage {
  return message({ type: 'system', subtype, ...fields });
}

export const init = (permissionMode = 'default') => system('init', { permissionMode });
export const idle = () => system('session_state_changed', { state: 'idle' });

export function lifecycle(turnId: string, state: string): SDKMessage {
  return message({ type: 'command_lifecycle', command_uuid: turnId, state });
}

type Block = Record<string, unknown>;

export function assistant(content: Block[], fields: Record<string, unknown> = {}): SDKMessage {
  return message({ type: 'assistant', parent_tool_use_id: null, message: { content }, ...fields });
}

export const said = (text: string) => assistant([{ type: 'text', text }]);

export function toolResult(content: unknown, fields: Record<string, unknown> = {}): SDKMessage {
  const block = { type: 'tool_result', tool_use_id: 'toolu_1', content, ...fields };
  return message({ type: 'user', parent_tool_use_id: null, message: { content: [block] } });
}

export function model(requests: number): Record<string, unknown> {
  return {
    'claude-test': {
      inputTokens: 100 * requests,
      outputTokens: 10 * requests,
      cacheReadInputTokens: requests,
      cacheCreationInputTokens: 2 * requests,
      costUSD: 0.0006 * requests,
    },
  };
}

/** The result of a turn that made one request, the first of its process. */
export function result(
  turnId: string | undefined,
  fields: Record<string, unknown> = {},
): SDKMessage {
  return message({
    type: 'result',
    subtype: 'success',
    is_error: false,
    num_turns: 1,
    result: 'done',
    terminal_reason: 'completed',
    api_error_status: null,
    modelUsage: model(1),
    usage: { input_tokens: 7, output_tokens: 8 },
    ...(turnId !== undefined && { user_message_uuids: [turnId] }),
    ...fields,
  });
}

/** How an API failure ends a turn: a synthetic message, then an error that calls itself a success. */
export function apiFailure(turnId: string, error: string, status: number | null): SDKMessage[] {
  const text = 'API Error: sk-secret from a gateway';
  return [
    assistant([{ type: 'text', text }], { error }),
    result(turnId, {
      is_error: true,
      result: text,
      api_error_status: status,
      terminal_reason: 'api_error',
      modelUsage: {},
    }),
  ];
}

/** An event of the API's stream: a piece of an answer. */
export function streamed(event: Record<string, unknown>, parent: string | null = null): SDKMessage {
  return message({ type: 'stream_event', parent_tool_use_id: parent, event });
}

export const textBegins = () =>
  streamed({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } });
export const textPiece = (text: string, parent: string | null = null) =>
  streamed({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }, parent);
