/**
 * Scripts of the Messages API stand-in: what a prompt makes the "model" answer. A script travels inside the prompt, so
 * the stand-in keeps no state per session and serves any number of sessions at once.
 */

import { randomUUID } from 'node:crypto';

export type Usage = {
  input_tokens: number;
  cache_creation_input_tokens: number;
  cache_read_input_tokens: number;
  output_tokens: number;
};

export type ToolCall = { tool: string; input?: Record<string, unknown> };

/**
 * One answer of the model. A failure (`status`, `hang`, `drop`, `sseError`) happens on the first `times` tries of the
 * step, or on every try when `times` is absent; later tries get the content.
 */
export type Step = {
  /** Thinking block before everything else. */
  thinking?: string;
  /** Text block; "ok" when the step has neither text nor tools. */
  text?: string;
  /** Text block of this many characters, instead of `text`. */
  bigText?: number;
  /** Number of deltas that each text is cut into; 1 by default. */
  chunks?: number;
  /** Pause before each delta, in milliseconds. */
  delayMs?: number;
  /** One tool call. */
  tool?: string;
  input?: Record<string, unknown>;
  /** Several tool calls in one answer. */
  tools?: ToolCall[];
  /** HTTP error status; `type` and `message` fill the error body. */
  status?: number;
  type?: string;
  message?: string;
  headers?: Record<string, string>;
  times?: number;
  /** `headers`: never answer. `mid`: stop after the first block's deltas. Both keep the connection open. */
  hang?: 'headers' | 'mid';
  /** Destroy the socket before the headers, or after the first block's deltas. */
  drop?: 'start' | 'mid';
  /** Type of an SSE error event sent after the first block's deltas. Only a streamed answer can carry it. */
  sseError?: string;
  /** Token figures that differ from 100 input, 10 output, no cache. */
  usage?: Partial<Usage>;
};

export type ContentBlock = { type: string; text?: string };
export type ApiMessage = { role: string; content: string | ContentBlock[] };

/** The step to answer with; `key` names script and step, for counting tries, and is absent for a plain prompt. */
export type Planned = { step: Step; key?: string };

type Script = { nonce: string; steps: Step[] };

const OPEN = '[[script]]';
const CLOSE = '[[/script]]';
const INTERRUPTED = '[Request interrupted by user';
const PLAIN_ECHO_CHARS = 60;

/**
 * The prompt text that makes the stand-in answer `steps`, one per request of the turn. `words` come first, for people
 * and for tests that look at the prompt. Every call returns a distinct text. It may be the `prompt` of an `Agent` call.
 */
export function script(steps: Step[], words = ''): string {
  const body = encode(JSON.stringify({ nonce: randomUUID(), steps }));
  return `${words === '' ? '' : `${words}\n`}${OPEN}${body}${CLOSE}`;
}

/**
 * What to answer to these messages: the next step of the last script, or an echo of a later prompt without one. Tool
 * results, reminders and background notices continue a script; steering comes in the `system` role and leaves it alone.
 * @throws SyntaxError when a script was damaged on its way.
 */
export function planAnswer(messages: readonly ApiMessage[]): Planned {
  for (let i = messages.length - 1; i >= 0; i--) {
    const message = messages[i];
    if (message?.role !== 'user') continue;
    const texts = textsOf(message);
    const found = findScript(texts.join('\n'));
    if (found) return planStep(found, countAssistant(messages.slice(i + 1)));
    const plain = plainPrompt(texts, hasToolResult(message));
    if (plain !== '') return { step: { text: `ok: ${plain.slice(0, PLAIN_ECHO_CHARS)}` } };
  }
  return { step: { text: 'no prompt' } };
}

function planStep({ nonce, steps }: Script, index: number): Planned {
  return {
    step: steps[index] ?? { text: 'script over' },
    key: `${nonce}#${index}`,
  };
}

function findScript(text: string): Script | undefined {
  const open = text.lastIndexOf(OPEN);
  if (open < 0) return undefined;
  const close = text.indexOf(CLOSE, open);
  return JSON.parse(decode(text.slice(open + OPEN.length, close < 0 ? undefined : close)));
}

// Base64 if plain JSON would be misread: a nested script brings its own end marker, and Claude Code expands @path.
function encode(json: string): string {
  return json.includes(OPEN) || json.includes('@') ? Buffer.from(json).toString('base64') : json;
}

function decode(body: string): string {
  return body.startsWith('{') ? body : Buffer.from(body, 'base64').toString();
}

function textsOf({ content }: ApiMessage): string[] {
  if (typeof content === 'string') return [content];
  return content.flatMap((block) => (block.type === 'text' ? [block.text ?? ''] : []));
}

function hasToolResult({ content }: ApiMessage): boolean {
  return typeof content !== 'string' && content.some((block) => block.type === 'tool_result');
}

// The prompt is the last text: reminders and traces of slash commands come before it. After an interrupted tool, one
// message holds both the tool's result and the prompt; a result without an interruption comes without a prompt.
function plainPrompt(texts: readonly string[], afterTool: boolean): string {
  const words = texts.map(withoutReminders).filter((text) => text !== '');
  const prompt = words.at(-1) ?? '';
  if (prompt.startsWith(INTERRUPTED)) return '';
  return afterTool && !words.some((text) => text.startsWith(INTERRUPTED)) ? '' : prompt;
}

function withoutReminders(text: string): string {
  return text.replaceAll(/<system-reminder>[\s\S]*?<\/system-reminder>/g, '').trim();
}

function countAssistant(messages: readonly ApiMessage[]): number {
  return messages.filter((message) => message.role === 'assistant').length;
}
