/**
 * What a prompt's text may do besides being read by the model. Left alone, Claude Code puts the content of a file into
 * the conversation for each `@path` in a text, past every permission rule, and runs a text that begins with `/` as one
 * of its commands, some of which write the operator's own settings. So Claude Code has to take every text as it is
 * written, except for the one command of its own that is useful here and changes nothing but the conversation, and for
 * those that the repository and the user bring along, if their settings count.
 */

import type { SDKUserMessage } from '@anthropic-ai/claude-agent-sdk';
import type { Failure } from '../errors.ts';
import { invalid } from './failure.ts';
import type { PromptFile } from './runner.ts';

export type PromptKind = 'text' | 'command' | 'compact' | 'clear';

/** Read as Claude Code reads it: from the first character, in lower case, up to white space. Anything else is text. */
const COMPACT = /^\/compact(\s|$)/;
/** Not sent as text either: somebody who sends one of these wants the command. */
const CLEAR = /^\/(clear|reset|new)(\s|$)/;

/** Up to white space, and the case counts. */
const NAME = /^\/(\S+)/;

/**
 * @param isCommand whether the repository or the user has a command of that name, which may hide one of Claude Code's.
 *   Only a process knows
 */
export function promptKind(
  text: string,
  isCommand: (name: string) => boolean = () => false,
): PromptKind {
  if (isCommand(NAME.exec(text)?.[1] ?? '')) return 'command';
  if (COMPACT.test(text)) return 'compact';
  return CLEAR.test(text) ? 'clear' : 'text';
}

/** Claude Code would go on under another session id, and the session would resume as if nothing had been cleared. */
const NOT_CLEARED = invalid(
  'a session keeps its conversation: /clear, /reset and /new are not for its prompts',
  'create_session begins a new conversation; /compact shortens this one.',
);

/** Claude Code reads the file after an `@`, except in the middle of a word: an e-mail address has one too. */
const MENTION = /(^|[^\p{L}\p{N}])@/u;

/** What the text is, and why it is not sent at all, if it is not. */
export function readPrompt(
  text: string,
  isCommand: (name: string) => boolean,
): { readonly kind: PromptKind; readonly refusal?: Failure } {
  const kind = promptKind(text, isCommand);
  if (kind === 'clear') return { kind, refusal: NOT_CLEARED };
  return kind === 'command' && MENTION.test(text) ? { kind, refusal: NOT_READ } : { kind };
}

const NOT_READ = invalid(
  'what is said to a command must not mention a file with @: Claude Code would read it without asking',
  'write its path without the @.',
);

/** A hook that refuses a prompt, and a command that cannot be run. Claude Code itself reports such a turn as a success. */
export const NOT_TAKEN: Failure = {
  code: 'SESSION_NOT_READY',
  message: 'the prompt did not reach the model',
  retryable: false,
  hint: "the turn's result says why: a hook of the settings refused it, or the command could not be run. A shell command inside a command needs a rule that allows it; nobody is asked.",
};

/** Claude Code itself reports such a turn as a success. */
export const NOT_COMPACTED: Failure = {
  code: 'SESSION_NOT_READY',
  message: '/compact shortened nothing: the conversation is as it was',
  retryable: false,
  hint: "the turn's last text says why. If little has been said so far, there is nothing to shorten; if the API failed, send /compact again later.",
};

/**
 * The messages that a run sends to Claude Code: an async iterable for one reader. `end` closes Claude Code's standard
 * input.
 */
export class MessageInput {
  readonly #waiting: SDKUserMessage[] = [];
  #wake: (() => void) | undefined;
  #ended = false;

  push(uuid: string, text: string, kind: PromptKind, files: readonly PromptFile[] = []): void {
    this.#waiting.push({
      type: 'user',
      message: { role: 'user', content: contentOf(text, files) },
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

type Content = SDKUserMessage['message']['content'];

/** The text last, as it is about the files. */
function contentOf(text: string, files: readonly PromptFile[]): Content {
  if (files.length === 0) return text;
  return [...files.map(blockOf), { type: 'text', text }];
}

function blockOf({ name, mimeType, bytes }: PromptFile): Exclude<Content, string>[number] {
  const data = bytes.toString('base64');
  if (mimeType !== 'application/pdf') {
    return { type: 'image', source: { type: 'base64', media_type: mimeType, data } };
  }
  const source = { type: 'base64', media_type: mimeType, data } as const;
  return { type: 'document', source, title: name };
}
