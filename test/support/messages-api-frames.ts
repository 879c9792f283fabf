/** The wire forms of an answer: the message object, and the server-sent events that stream it. */

import { randomUUID } from 'node:crypto';
import type { Step, ToolCall, Usage } from './messages-api-script.ts';

type Block =
  | { type: 'thinking'; thinking: string; signature: string }
  | { type: 'text'; text: string }
  | {
      type: 'tool_use';
      id: string;
      name: string;
      input: Record<string, unknown>;
    };

type Message = {
  id: string;
  type: 'message';
  role: 'assistant';
  model: string;
  content: Block[];
  stop_reason: string;
  stop_sequence: null;
  usage: Usage;
};

export type Frame = { event: string; data: Record<string, unknown> };

const USAGE: Usage = {
  input_tokens: 100,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  output_tokens: 10,
};

const ERROR_TYPES: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
  500: 'api_error',
  529: 'overloaded_error',
};

/** A new id such as `msg_0f3c…`; never given twice. */
export function newId(prefix: string): string {
  return `${prefix}_${randomUUID().replaceAll('-', '')}`;
}

/** The complete message a step answers with, under fresh ids. */
export function buildMessage(step: Step, model: string): Message {
  const content = buildContent(step);
  const calls = content.some((block) => block.type === 'tool_use');
  return {
    id: newId('msg'),
    type: 'message',
    role: 'assistant',
    model,
    content,
    stop_reason: calls ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: { ...USAGE, ...step.usage },
  };
}

/** The events that stream a message; each text is cut into `chunks` deltas. */
export function* streamFrames(message: Message, chunks = 1): Generator<Frame> {
  const usage = { ...message.usage, output_tokens: 1 };
  yield frame('message_start', {
    message: { ...message, content: [], stop_reason: null, usage },
  });
  yield frame('ping', {});
  for (const [index, block] of message.content.entries()) {
    yield frame('content_block_start', {
      index,
      content_block: emptyBlock(block),
    });
    for (const delta of deltas(block, chunks)) yield frame('content_block_delta', { index, delta });
    yield frame('content_block_stop', { index });
  }
  const { stop_reason, stop_sequence } = message;
  yield frame('message_delta', {
    delta: { stop_reason, stop_sequence },
    usage: { output_tokens: message.usage.output_tokens },
  });
  yield frame('message_stop', {});
}

/** The same stream, cut before its first block ends: what a broken answer shows. */
export function* partialFrames(message: Message, chunks = 1): Generator<Frame> {
  for (const next of streamFrames(message, chunks)) {
    if (next.event === 'content_block_stop') return;
    yield next;
  }
}

/** An error as the API words it; `type` follows from the status unless given. */
export function errorBody(status: number, message = `scripted ${status}`, type?: string) {
  return {
    type: 'error',
    error: { type: type ?? ERROR_TYPES[status] ?? 'api_error', message },
  };
}

export function encodeFrame({ event, data }: Frame): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

function frame(event: string, data: Record<string, unknown>): Frame {
  return { event, data: { type: event, ...data } };
}

function buildContent(step: Step): Block[] {
  const calls = buildCalls(step);
  const text = step.bigText === undefined ? step.text : 'x'.repeat(step.bigText);
  const blocks: Block[] = [];
  if (step.thinking !== undefined) {
    blocks.push({
      type: 'thinking',
      thinking: step.thinking,
      signature: 'c2lnbmF0dXJl',
    });
  }
  if (text !== undefined || calls.length === 0) blocks.push({ type: 'text', text: text ?? 'ok' });
  return [...blocks, ...calls];
}

function buildCalls({ tool, input, tools = [] }: Step): Block[] {
  const single: ToolCall[] = tool === undefined ? [] : [{ tool, input }];
  return [...single, ...tools].map((call) => ({
    type: 'tool_use',
    id: newId('toolu'),
    name: call.tool,
    input: call.input ?? {},
  }));
}

function emptyBlock(block: Block): Block {
  if (block.type === 'text') return { ...block, text: '' };
  if (block.type === 'tool_use') return { ...block, input: {} };
  return { ...block, thinking: '', signature: '' };
}

function deltas(block: Block, chunks: number): Record<string, unknown>[] {
  if (block.type === 'text') {
    return cut(block.text, chunks).map((text) => ({
      type: 'text_delta',
      text,
    }));
  }
  if (block.type === 'tool_use') {
    const pieces = cut(JSON.stringify(block.input), 2);
    return pieces.map((partial_json) => ({
      type: 'input_json_delta',
      partial_json,
    }));
  }
  const { thinking, signature } = block;
  return [
    { type: 'thinking_delta', thinking },
    { type: 'signature_delta', signature },
  ];
}

// By code points, so that no delta ends inside a surrogate pair.
function cut(text: string, pieces: number): string[] {
  const points = Array.from(text);
  const size = Math.max(1, Math.ceil(points.length / pieces));
  const parts: string[] = [];
  for (let at = 0; at < points.length; at += size) parts.push(points.slice(at, at + size).join(''));
  return parts;
}
