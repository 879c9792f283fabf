/** Parts of the Agent SDK's messages whose types or values cannot be trusted. */

import type { SDKMessage } from '@anthropic-ai/claude-agent-sdk';

/** From a message that the SDK passes on but does not list among its types. */
export function lifecycleOf(message: { type: string; command_uuid?: unknown; state?: unknown }) {
  if (message.type !== 'command_lifecycle') return undefined;
  return { uuid: String(message.command_uuid), state: String(message.state) };
}

/** From a message that the SDK passes on but does not list among its types. */
export function fallbackOf(message: {
  subtype?: unknown;
  trigger?: unknown;
  original_model?: unknown;
  fallback_model?: unknown;
}) {
  if (message.subtype !== 'model_fallback') return undefined;
  const isOverloaded = message.trigger === 'overloaded';
  return { from: asName(message.original_model), to: asName(message.fallback_model), isOverloaded };
}

/** The content of a tool result as text. Anything else in it is replaced by its kind. */
export function flatten(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((block: { type?: unknown; text?: unknown }) =>
      typeof block.text === 'string' ? block.text : `[${asName(block.type)}]`,
    )
    .join('\n');
}

/** A short name from Claude Code's own vocabulary. Anything else is not shown. */
export function asName(value: unknown): string {
  return typeof value === 'string' && /^[\w.:@/[\]-]{1,100}$/.test(value) ? value : '(unnamed)';
}

export const HTTP_STATUS_MAX = 999;

/** A figure of the API as a whole number; undefined if it is no number, negative, or too large to be meant. */
export function figure(value: unknown, max: number): number | undefined {
  if (typeof value !== 'number' || !(value >= 0 && value <= max)) return undefined;
  return Math.round(value);
}

/** The API sends these while it has nothing to say: they are no sign of life of the turn. */
export function isPing(message: SDKMessage): boolean {
  const type: string | undefined = message.type === 'stream_event' ? message.event.type : undefined;
  return type === 'ping';
}
