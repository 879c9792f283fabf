/** What the HTTP transport itself answers: JSON in the shape of a JSON-RPC error, without stack or path. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JSONRPCMessage, RequestId } from '@modelcontextprotocol/server';
import { HTTP_LINGER_MS, HTTP_RETRY_AFTER_S } from '../limits.ts';

/** Where MCP is served. */
export const MCP_PATH = '/mcp';

/** JSON-RPC error codes, as MCP uses them over HTTP; `message.ts` has those of any transport. */
export const BAD_REQUEST = -32_000;
export const SESSION_NOT_FOUND = -32_001;
export const INVALID_PARAMS = -32_602;
export const INTERNAL_ERROR = -32_603;

/** One HTTP request of a principal. */
export type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly principal: string;
};

/** A POST with the JSON object that it carries. */
export type Post = Exchange & { readonly body: object };

/** What is for an MCP session: a POST with its message, or a GET or DELETE. */
export type SessionExchange = Exchange & { readonly message?: JSONRPCMessage };

type RefusalDetails = {
  /** JSON-RPC error code; -32000 by default. */
  readonly code?: number;
  /** The id of the refused JSON-RPC request, where it is known. */
  readonly id?: RequestId;
  readonly headers?: Readonly<Record<string, string>>;
};

/** A request that is not served. The message is sent as it stands and holds nothing of what the client sent. */
export class HttpRefusal extends Error {
  readonly status: number;
  readonly code: number;
  readonly id: RequestId | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, details: RefusalDetails = {}) {
    super(message);
    this.name = new.target.name;
    this.status = status;
    this.code = details.code ?? BAD_REQUEST;
    this.id = details.id ?? null;
    this.headers = details.headers ?? {};
  }
}

/** Calls back once when the answer has left or its client has gone, also where that is so already. */
export function whenOver(response: ServerResponse, callback: () => void): void {
  if (response.closed) queueMicrotask(callback);
  else response.once('close', callback);
}

/** The headers every answer carries. An event stream replaces `no-store` with `no-cache, no-transform`. */
export const SECURITY_HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
} as const;

export function setSecurityHeaders(response: ServerResponse): void {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
}

type Excess = {
  /** The id of the refused JSON-RPC request, where it is known. */
  readonly id?: RequestId;
  /** When to come back, where that is known. */
  readonly afterMs?: number;
};

/** 429: the limit that was reached, and when to come back. */
export function limitExceeded(limit: string, { id, afterMs }: Excess = {}): HttpRefusal {
  const seconds = afterMs === undefined ? HTTP_RETRY_AFTER_S : Math.ceil(afterMs / 1000);
  return new HttpRefusal(429, `LIMIT_EXCEEDED: ${limit}`, {
    headers: { 'Retry-After': String(seconds) },
    ...(id !== undefined && { id }),
  });
}

export function sendRefusal(response: ServerResponse, refusal: HttpRefusal): void {
  const { status, headers } = refusal;
  sendText(response, { status, headers, text: bodyOf(refusal) });
}

/** The JSON of a refusal. */
export function bodyOf({ code, message, id }: HttpRefusal): string {
  return JSON.stringify({ jsonrpc: '2.0', error: { code, message }, id });
}

type JsonReply = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
};

export function sendJson(response: ServerResponse, { body, ...reply }: JsonReply): void {
  sendText(response, { ...reply, text: JSON.stringify(body) });
}

type TextReply = Omit<JsonReply, 'body'> & { readonly text: string };

function sendText(response: ServerResponse, { text, ...reply }: TextReply): void {
  response.writeHead(reply.status, {
    ...reply.headers,
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
  });
  if (response.req.complete) response.end(text);
  else endAfterBody(response, text);
}

// Closed while it still sends, the client would see a reset instead of the answer; so the rest is swallowed for a moment.
function endAfterBody(response: ServerResponse, text: string): void {
  const { req } = response;
  response.write(text);
  const cut = setTimeout(() => {
    response.end();
    req.destroy();
  }, HTTP_LINGER_MS);
  const end = () => {
    clearTimeout(cut);
    response.end();
  };
  req.once('end', end).once('close', end).on('error', end).resume();
}
