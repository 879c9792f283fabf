/** The messages that a run sends to Claude Code. The stream stays open until the process is to end. */

import type { SDKUserMessage } from '@anthropic-ai/claude-agent-sdk';
import type { PromptKind } from './prompt-text.ts';

/** An async iterable for one reader. `end` closes Claude Code's standard input. */
export class MessageInput {
  readonly #waiting: SDKUserMessage[] = [];
  #wake: (() => void) | undefined;
  #ended = false;

  push(uuid: string, text: string, kind: Exclude<PromptKind, 'clear'>): void {
    this.#waiting.push({
      type: 'user',
      message: { role: 'user', content: text },
      parent_tool_use_id: null,
      // Makes Claude Code name the prompt in the result of its turn.
      uuid: uuid as NonNullable<SDKUserMessage['uuid']>,
      // Makes it take the text literally: no `@path` is read and no command is run.
      client_composed: kind === 'text' ? true : undefined,
    });
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<SDKUserMessage, void> {
    for (;;) {
      const next = this.#waiting.shift();
      if (next !== undefined) yield next;
      else if (this.#ended) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
