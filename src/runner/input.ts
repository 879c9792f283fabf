/** The messages that a run sends to Claude Code: kept open as long as the process shall live. */

import type { SDKUserMessage } from '@anthropic-ai/claude-agent-sdk';
import type { PromptKind } from './prompt-text.ts';

/** An async iterable that is fed by hand; for one reader. Ending it closes Claude Code's standard input. */
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
      // Makes it take the text as it is written: no `@path` is read and no command is run.
      ...(kind === 'text' && { client_composed: true }),
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
