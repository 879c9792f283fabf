/** One JSON-RPC message as bytes, whatever brought them: the same bounds and the same errors on every transport. */

import {
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResponse,
  type JSONRPCMessage,
  type JSONRPCNotification,
  type JSONRPCRequest,
  type JSONRPCResponse,
  type RequestId,
} from '@modelcontextprotocol/server';
import { TOOL_INPUT_DEPTH_MAX, TOOL_INPUT_ELEMENTS_MAX } from '../limits.ts';
import { shapeProblem } from './json-shape.ts';

/** JSON-RPC error codes. */
export const INVALID_REQUEST = -32_600;
export const PARSE_ERROR = -32_700;

/** The one request that is answered only when its connection closes: a stream of changes. */
export const LISTEN = 'subscriptions/listen';

/**
 * Of the whole message, whatever its kind: wide enough for any tool input within its own bounds, narrow enough for
 * parsing to be cheap and for `JSON.stringify` not to overflow the stack.
 */
export const MESSAGE_BOUNDS = {
  depthMax: 2 * TOOL_INPUT_DEPTH_MAX,
  elementsMax: 4 * TOOL_INPUT_ELEMENTS_MAX,
};

/** Why this is no message. The text is sent as it stands and holds nothing of what the client sent. */
export class BadMessage extends Error {
  readonly code: number;
  /** The id that the answer is to carry, where there is a usable one. */
  readonly id: RequestId | undefined;

  constructor(code: number, message: string, id?: RequestId) {
    super(message);
    this.name = new.target.name;
    this.code = code;
    this.id = id;
  }
}

/** @throws BadMessage for what is too deep or too wide, no JSON in UTF-8, or no object */
export function readObject(bytes: Uint8Array): object {
  const problem = shapeProblem(bytes, MESSAGE_BOUNDS);
  if (problem !== undefined) throw new BadMessage(INVALID_REQUEST, `the message is ${problem}`);
  const value = parse(bytes);
  if (Array.isArray(value)) {
    throw new BadMessage(INVALID_REQUEST, 'batches are not served; send one message at a time');
  }
  if (typeof value !== 'object' || value === null) {
    throw new BadMessage(INVALID_REQUEST, 'a JSON-RPC message must be an object');
  }
  return value;
}

/** @throws BadMessage for an object that is no JSON-RPC message */
export function asMessage(value: unknown): JSONRPCMessage {
  if (isJSONRPCRequest(value) || isJSONRPCNotification(value) || isJSONRPCResponse(value)) {
    return value;
  }
  throw new BadMessage(INVALID_REQUEST, 'this is not a JSON-RPC 2.0 message', usableId(value));
}

/**
 * The kinds of what is known to be a message, by the members that only they have. The SDK's guards check the whole
 * message anew, and take longest where it is of another kind.
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

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new BadMessage(PARSE_ERROR, 'this is not valid JSON in UTF-8');
  }
}

function usableId(value: unknown): RequestId | undefined {
  if (typeof value !== 'object' || value === null || !('id' in value)) return undefined;
  const { id } = value;
  return typeof id === 'string' || Number.isSafeInteger(id) ? (id as RequestId) : undefined;
}
