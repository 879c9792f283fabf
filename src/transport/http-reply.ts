/** What the HTTP transport itself answers: JSON in the shape of a JSON-RPC error, without stack or path. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestId } from '@modelcontextprotocol/server';

/** Where MCP is served. */
export const MCP_PATH = '/mcp';

/** JSON-RPC error codes, as MCP uses them over HTTP. */
export const BAD_REQUEST = -32_000;
export const SESSION_NOT_FOUND = -32_001;
export const INVALID_REQUEST = -32_600;
export const INVALID_PARAMS = -32_602;
export const INTERNAL_ERROR = -32_603;
export const PARSE_ERROR = -32_700;

/** One HTTP request of a principal; `body` is the parsed JSON of a POST. */
export type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly principal: string;
  readonly body?: unknown;
};

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

/** The headers every answer carries. An event stream replaces `no-store` with `no-cache, no-transform`. */
export function setSecurityHeaders(response: ServerResponse): void {
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Cache-Control', 'no-store');
}

export function sendRefusal(response: ServerResponse, refusal: HttpRefusal): void {
  const { status, code, message, id, headers } = refusal;
  sendJson(response, { status, headers, body: { jsonrpc: '2.0', error: { code, message }, id } });
}

type JsonReply = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
};

export function sendJson(response: ServerResponse, reply: JsonReply): void {
  const text = JSON.stringify(reply.body);
  response.writeHead(reply.status, {
    ...reply.headers,
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}
