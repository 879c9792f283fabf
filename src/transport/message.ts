/** One JSON-RPC message as bytes, whichever transport it came by: the same bounds and the same errors. */

import {
  INVALID_PARAMS,
  INVALID_REQUEST,
  isInitializeRequest,
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResponse,
  type JSONRPCMessage,
  type JSONRPCNotification,
  type JSONRPCRequest,
  type JSONRPCResponse,
  type JSONRPCResultResponse,
  PARSE_ERROR,
  PROTOCOL_VERSION_META_KEY,
  type RequestId,
} from '@modelcontextprotocol/server';
import { SessionError } from '../errors.ts';
import { shapeProblem } from '../json-shape.ts';

/** The one request that is answered only when its connection closes: a stream of changes. */
export const LISTEN = 'subscriptions/listen';
export const CANCELLED = 'notifications/cancelled';

/** Why these bytes are not a message. The text is sent to the client and contains nothing that it sent. */
export class BadMessage extends Error {
  readonly code: number;
  /** The id for the answer, if the message has a usable one. */
  readonly id: RequestId | undefined;

  constructor(code: number, message: string, id?: RequestId) {
    super(message);
    this.name = new.target.name;
    this.code = code;
    this.id = id;
  }
}

/** @throws BadMessage for what is too deep or too wide, not JSON in UTF-8, or not an object */
export function readObject(bytes: Uint8Array): object {
  const problem = shapeProblem(bytes);
  if (problem !== undefined) throw new BadMessage(INVALID_REQUEST, `the message is ${problem}`);
  const value = parse(bytes);
  if (Array.isArray(value)) {
    throw new BadMessage(INVALID_REQUEST, 'batches are not supported; send one message at a time');
  }
  if (typeof value !== 'object' || value === null) {
    throw new BadMessage(INVALID_REQUEST, 'a JSON-RPC message must be an object');
  }
  return withoutNullArguments(value);
}

/** Some clients send `null` for arguments that there are none of; the SDK takes only an object. */
function withoutNullArguments(message: object): object {
  if (!('method' in message && 'params' in message)) return message;
  const { method, params } = message;
  const hasArguments = method === 'tools/call' || method === 'prompts/get';
  if (!hasArguments || typeof params !== 'object' || params === null) return message;
  if (!('arguments' in params) || params.arguments !== null) return message;
  const { arguments: _none, ...rest } = params;
  return { ...message, params: rest };
}

/** @throws BadMessage for an object that is not a JSON-RPC message, or an `initialize` that says too little */
export function asMessage(value: object): JSONRPCMessage {
  if (isJSONRPCRequest(value)) {
    if (value.method !== 'initialize' || isInitializeRequest(value)) return value;
    const problem = 'initialize needs protocolVersion, capabilities and clientInfo';
    throw new BadMessage(INVALID_PARAMS, problem, value.id);
  }
  if (isJSONRPCNotification(value) || isJSONRPCResponse(value)) return value;
  throw new BadMessage(INVALID_REQUEST, 'this is not a JSON-RPC 2.0 message', usableId(value));
}

/*
 * The kinds of a message, by the members that only they have. The SDK's guards validate the whole message again, and
 * take longest for a message of another kind.
 */

export function isRequest(message: JSONRPCMessage): message is JSONRPCRequest {
  return 'method' in message && 'id' in message;
}

export function isNotification(message: JSONRPCMessage): message is JSONRPCNotification {
  return 'method' in message && !('id' in message);
}

export function isResponse(message: JSONRPCMessage): message is JSONRPCResponse {
  return !('method' in message);
}

/**
 * The answer to a tool call over a limit: a tool result, because a model can read it, while an error ends its turn.
 *
 * @param hint when to try again
 */
export function limitReply(
  { id, params }: JSONRPCRequest,
  limit: string,
  hint: string,
): JSONRPCResultResponse {
  const error = new SessionError('LIMIT_EXCEEDED', limit, { hint }).toFailure();
  // Requests say which revision they are of only since 2026-07-28.
  const isModern = params?._meta?.[PROTOCOL_VERSION_META_KEY] !== undefined;
  const result = {
    content: [{ type: 'text', text: JSON.stringify({ error }) }],
    isError: true,
    resultType: isModern ? 'complete' : undefined,
  };
  return { jsonrpc: '2.0', id, result };
}

/**
 * A message whose result had its data twice, as `server/tools.ts` makes it: as JSON in a text and as structured content.
 * Without the latter it is cheap to keep and to write.
 */
export type SlimMessage = {
  readonly message: JSONRPCMessage;
  /** The JSON of the structured content; undefined if the message is whole. */
  readonly data?: string;
};

export function slimOf(message: JSONRPCMessage): SlimMessage {
  if (!('result' in message) || message.result.structuredContent === undefined) return { message };
  const { structuredContent: _data, ...result } = message.result;
  const [first]: unknown[] = Array.isArray(result.content) ? result.content : [];
  const data = typeof first === 'object' && first !== null && 'text' in first && first.text;
  return typeof data === 'string' ? { message: { ...message, result }, data } : { message };
}

export function wholeOf({ message, data }: SlimMessage): JSONRPCMessage {
  if (data === undefined || !('result' in message)) return message;
  return { ...message, result: { ...message.result, structuredContent: JSON.parse(data) } };
}

/** The JSON of a message, for which the data of a result is not written a second time. */
export function jsonOf(whole: JSONRPCMessage): string {
  const { message, data } = slimOf(whole);
  if (data === undefined || !('result' in message)) return JSON.stringify(whole);
  const { result, ...rest } = message;
  // The id last, as in what the SDK writes: a client may find it there without reading the rest.
  const [inside, after] = [JSON.stringify(result).slice(0, -1), JSON.stringify(rest).slice(1)];
  return `{"result":${inside},"structuredContent":${data}},${after}`;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new BadMessage(PARSE_ERROR, 'this is not valid JSON in UTF-8');
  }
}

function usableId(value: object): RequestId | undefined {
  if (!('id' in value)) return undefined;
  const { id } = value;
  return typeof id === 'string' || Number.isSafeInteger(id) ? (id as RequestId) : undefined;
}
