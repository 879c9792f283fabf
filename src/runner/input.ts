/** The messages that a run sends to Claude Code: kept open as long as the process shall live. */

import type { SDKUserMessage } from '@anthropic-ai/claude-agent-sdk';

/** An async iterable that is fed by hand; for one reader. Ending it closes Claude Code's standard input. */
export class MessageInput {
  readonly #waiting: SDKUserMessage[] = [];
  #wake: (() => void) | undefined;
  #ended = false;

  push(uuid: string, text: string): void {
    this.#waiting.push({
      type: 'user',
      message: { role: 'user', content: text },
      parent_tool_use_id: null,
      // Makes Claude Code name the prompt in the result of its turn.
      uuid: uuid as NonNullable<SDKUserMessage['uuid']>,
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
