/** What the HTTP transport answers by itself: headers, and refusals as JSON-RPC errors without a stack or a path. */

import {
  type IncomingMessage,
  type OutgoingHttpHeader,
  type OutgoingHttpHeaders,
  ServerResponse,
} from 'node:http';
import type { RequestId } from '@modelcontextprotocol/server';
import { HTTP_LINGER_MS, HTTP_RETRY_AFTER_S } from '../../connection-limits.ts';
import type { Logger } from '../../log.ts';

type RefusalDetails = {
  /** JSON-RPC error code; -32000 by default. */
  readonly code?: number;
  /** The id of the refused JSON-RPC request, if it is known. */
  readonly id?: RequestId;
  readonly headers?: Readonly<Record<string, string>>;
};

/** MCP's code over HTTP for any refusal that has no code of its own. */
const BAD_REQUEST = -32_000;

/** A request that is not served. The message is sent to the client and contains nothing that it sent. */
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

type Excess = {
  /** The id of the refused JSON-RPC request, if it is known. */
  readonly id?: RequestId;
  /** When to try again, if it is known. */
  readonly afterMs?: number;
};

/** 429 with the limit that was reached. */
export function limitExceeded(limit: string, { id, afterMs }: Excess = {}): HttpRefusal {
  const seconds = afterMs === undefined ? HTTP_RETRY_AFTER_S : Math.ceil(afterMs / 1000);
  return new HttpRefusal(429, `LIMIT_EXCEEDED: ${limit}`, {
    id,
    headers: { 'Retry-After': String(seconds) },
  });
}

export function sendRefusal(response: ServerResponse, refusal: HttpRefusal): void {
  const { status, headers, code, message, id } = refusal;
  sendJson(response, { status, headers, body: { jsonrpc: '2.0', error: { code, message }, id } });
}

type JsonReply = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
};

export function sendJson(response: ServerResponse, { status, headers, body }: JsonReply): void {
  const type = 'application/json';
  sendText(response, { status, headers, type, text: JSON.stringify(body) });
}

type TextReply = Omit<JsonReply, 'body'> & { readonly type: string; readonly text: string };

export function sendText(response: ServerResponse, { status, headers, type, text }: TextReply) {
  response.writeHead(status, {
    ...headers,
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(text),
  });
  if (response.req.complete) response.end(text);
  else endAfterBody(response, text);
}

// A client that is still sending would see a reset instead of the answer, so its body is read and dropped for a moment.
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

/** Refusals in the log: the first of a kind at once, the others as a count, so that a flood stays small. */
export class RefusalLog {
  readonly #log: Logger;
  readonly #kinds = new Map<string, { status: number; reason: string; more: number }>();

  constructor(log: Logger) {
    this.#log = log;
  }

  add({ status, message: reason }: HttpRefusal): void {
    const kind = this.#kinds.get(reason);
    if (kind !== undefined) {
      kind.more += 1;
      return;
    }
    this.#kinds.set(reason, { status, reason, more: 0 });
    this.#log.info({ status, reason }, 'HTTP request refused');
  }

  /** Logs how many more there were of each kind, and starts over. */
  flush(): void {
    for (const kind of this.#kinds.values()) {
      if (kind.more > 0) this.#log.info(kind, 'more HTTP requests refused');
    }
    this.#kinds.clear();
  }
}

/** The headers of every response. An event stream replaces `no-store` with `no-cache, no-transform`. */
export function setSecurityHeaders(response: ServerResponse): void {
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
  response.setHeader('Referrer-Policy', 'no-referrer');
}

/* CORS, for pages that the policy lets in. */

const REQUEST_HEADERS = [
  'Authorization',
  'Content-Type',
  'Accept',
  'Last-Event-ID',
  'MCP-Protocol-Version',
  'Mcp-Session-Id',
  'Mcp-Method',
  'Mcp-Name',
].join(', ');
const RESPONSE_HEADERS = 'Mcp-Session-Id, MCP-Protocol-Version, Retry-After, WWW-Authenticate';
const PREFLIGHT_MAX_AGE_S = 600;

/** Lets the page that asks read the response, and no other page. */
export function allowPage({ headers }: IncomingMessage, response: ServerResponse): void {
  if (headers.origin === undefined) return;
  response.setHeader('Access-Control-Allow-Origin', headers.origin);
  response.setHeader('Access-Control-Expose-Headers', RESPONSE_HEADERS);
  response.setHeader('Vary', 'Origin');
}

export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'OPTIONS' &&
    headers.origin !== undefined &&
    headers['access-control-request-method'] !== undefined
  );
}

export function answerPreflight(response: ServerResponse): void {
  response.writeHead(204, {
    'Access-Control-Allow-Methods': 'GET, POST, DELETE',
    'Access-Control-Allow-Headers': REQUEST_HEADERS,
    'Access-Control-Max-Age': String(PREFLIGHT_MAX_AGE_S),
  });
  response.end();
}

type Headers = OutgoingHttpHeaders | OutgoingHttpHeader[];

/**
 * Leaves it to Node and the client whether the connection stays open. The SDK sends `Connection: keep-alive` with every
 * event stream, and Node would believe it and keep the socket of a client that asked for `close`.
 */
export class HttpResponse extends ServerResponse {
  override writeHead(status: number, reasonOrHeaders?: string | Headers, headers?: Headers): this {
    if (typeof reasonOrHeaders === 'string') {
      return super.writeHead(status, reasonOrHeaders, withoutConnection(headers));
    }
    return super.writeHead(status, withoutConnection(reasonOrHeaders ?? headers));
  }
}

function withoutConnection(headers: Headers | undefined): Headers | undefined {
  if (headers === undefined || Array.isArray(headers)) return headers;
  const kept = Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'connection');
  return Object.fromEntries(kept);
}
