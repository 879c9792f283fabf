/** How much of the model's window a conversation takes, from figures that come with every answer anyway. */

import type { SDKMessage } from '@anthropic-ai/claude-agent-sdk';
import { TURN_TOKENS_MAX } from '../limits.ts';
import type { ContextUse } from '../session/event.ts';
import { figure } from './message-parts.ts';

type Unchecked = Readonly<Record<string, unknown>>;

/** Claude Code's own messages, which no model has written. */
const NO_MODEL = '<synthetic>';

/** Reads the messages of the main conversation only: a subagent has a window of its own. */
export class ContextMeter {
  /** By the API's name. */
  #model = '';
  /** By Claude Code's name, which may be longer than the API's: `[1m]`, for example. */
  #named = '';
  /** What the model read for its last answer. */
  #read = 0;
  #tokens: number | undefined;
  #window: number | undefined;

  /** Undefined until an answer and a result have told both figures. */
  get use(): ContextUse | undefined {
    const [tokens, window] = [this.#tokens, this.#window];
    return tokens === undefined || window === undefined ? undefined : { tokens, window };
  }

  note(message: SDKMessage): void {
    if (message.type === 'result') this.#measured(message.modelUsage);
    else if (message.type === 'system') {
      if (message.subtype === 'init') this.#named = String(message.model);
      else if (message.subtype === 'compact_boundary') this.#compacted(message.compact_metadata);
    } else if ('parent_tool_use_id' in message && message.parent_tool_use_id !== null) return;
    else if (message.type === 'assistant') this.#answered(message.message);
    else if (message.type === 'stream_event' && message.event.type === 'message_delta')
      this.#wrote(message.event.usage);
  }

  /** Of a streamed answer, {@link #wrote} tells afterwards how long it has become. */
  #answered(message: { readonly model: unknown; readonly usage: unknown }): void {
    const usage = recordOf(message.usage);
    const read =
      tokensIn(usage.input_tokens) +
      tokensIn(usage.cache_read_input_tokens) +
      tokensIn(usage.cache_creation_input_tokens);
    if (message.model === NO_MODEL || read === 0) return;
    this.#model = String(message.model);
    this.#read = read;
    this.#wrote(usage);
  }

  #wrote(usage: unknown): void {
    if (this.#read > 0) this.#tokens = this.#read + tokensIn(recordOf(usage).output_tokens);
  }

  /** The conversation was replaced with a summary. Older versions do not say how long that is. */
  #compacted({ post_tokens: tokens }: { readonly post_tokens?: unknown }): void {
    this.#read = 0;
    this.#tokens = figure(tokens, TURN_TOKENS_MAX);
  }

  /** A result names the window of each model that the process has used, under names that may begin alike. */
  #measured(modelUsage: unknown): void {
    const models = Object.entries(recordOf(modelUsage));
    if (models.length === 0) return;
    const alike = models.filter(([name]) => this.#model !== '' && name.startsWith(this.#model));
    const [, found] =
      alike.find(([name]) => name === this.#named) ??
      alike.find(([name]) => name === this.#model) ??
      alike[0] ??
      [];
    this.#window = tokensIn(recordOf(found).contextWindow) || undefined;
  }
}

function tokensIn(value: unknown): number {
  return figure(value, TURN_TOKENS_MAX) ?? 0;
}

function recordOf(value: unknown): Unchecked {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
