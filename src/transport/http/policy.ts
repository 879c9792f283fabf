/** Who may ask, and how often. */

import type { IncomingMessage } from 'node:http';
import type { JSONRPCRequest } from '@modelcontextprotocol/server';
import {
  HTTP_AUTH_FAILURES_PER_MINUTE,
  HTTP_BURST_SECONDS,
  HTTP_LIMITED_KEYS_MAX,
} from '../../connection-limits.ts';
import { limitReply } from '../message.ts';
import type { Exchange } from './exchange.ts';
import { RateLimiter } from './rate-limiter.ts';
import { HttpRefusal, limitExceeded, sendJson } from './reply.ts';

export type GuardOptions = {
  /** The address to listen on, and the port. */
  readonly host: string;
  readonly port: number;
  /** More `Host` values, as clients send them (`mcp.example.com`, `box.lan:7337`). */
  readonly allowedHosts?: readonly string[];
  /** More `Origin` values (`https://mcp.example.com`). */
  readonly allowedOrigins?: readonly string[];
};

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];
const DEFAULT_PORT = 80;

type Checked = Pick<IncomingMessage, 'headers' | 'headersDistinct'>;

/**
 * Keeps web pages out. A page in the user's browser can reach a loopback port, but it cannot forge `Origin`, nor `Host`
 * after its name was rebound to our address. The SDK's own check ignores the port: any page on another port of this
 * machine would pass. The returned check throws HttpRefusal 403 for a foreign `Host` or `Origin`, and 400 for no `Host`
 * or two. A request without `Origin` is fine: only browsers send one.
 */
export function createGuard(options: GuardOptions): (request: Checked) => void {
  const { host, port, allowedHosts = [], allowedOrigins = [] } = options;
  const loopback = LOOPBACK_NAMES.flatMap((name) => hostValues(name, port));
  const own = [...loopback, ...hostValues(hostInUrl(host), port)];
  const hosts = new Set([...own, ...allowedHosts].map((value) => value.toLowerCase()));
  const origins = new Set([...loopback.map((value) => `http://${value}`), ...allowedOrigins]);
  return ({ headers, headersDistinct }) => {
    if (headersDistinct.host?.length !== 1) {
      throw new HttpRefusal(400, 'exactly one Host header is expected');
    }
    if (!hosts.has(headers.host?.toLowerCase() ?? '')) {
      throw new HttpRefusal(403, 'this server does not serve that Host header');
    }
    if (headers.origin !== undefined && !origins.has(headers.origin)) {
      throw new HttpRefusal(403, 'this server does not serve web pages of that Origin');
    }
  };
}

/** An address as a URL has it: IPv6 in brackets. */
export function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

// Clients leave the scheme's default port out.
function hostValues(name: string, port: number): string[] {
  return port === DEFAULT_PORT ? [name, `${name}:${port}`] : [`${name}:${port}`];
}

type HttpLimitsOptions = {
  /** Requests per second of one principal, over a longer time. */
  readonly rateLimit: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
};

/** How often a principal may call, and how often an address may fail to authenticate. */
export class HttpLimits {
  readonly #options: HttpLimitsOptions;
  readonly #calls: RateLimiter;
  readonly #failures: RateLimiter;

  constructor(options: HttpLimitsOptions) {
    const { rateLimit: perSecond } = options;
    const perMinute = HTTP_AUTH_FAILURES_PER_MINUTE;
    const keysMax = HTTP_LIMITED_KEYS_MAX;
    this.#options = options;
    this.#calls = new RateLimiter({ perSecond, burst: perSecond * HTTP_BURST_SECONDS, keysMax });
    this.#failures = new RateLimiter({ perSecond: perMinute / 60, burst: perMinute, keysMax });
  }

  /**
   * Counts a request of a principal. Over the limit, answers a tool call with the tool result LIMIT_EXCEEDED, which a
   * model can read, and returns false; throws HttpRefusal 429 for anything else.
   */
  admit({ principal, response }: Exchange, request: JSONRPCRequest): boolean {
    const afterMs = this.#calls.take(principal, this.#options.now());
    if (afterMs === 0) return true;
    const problem = `${this.#options.rateLimit} requests per second per principal`;
    if (request.method !== 'tools/call') throw limitExceeded(problem, { id: request.id, afterMs });
    const reply = limitReply(request, problem, `retry in ${afterMs} ms.`);
    sendJson(response, { status: 200, body: reply });
    return false;
  }

  /** The answer to a request without a valid token: 401, or 429 to an address that keeps trying. */
  unauthorized({ socket }: IncomingMessage, challenge: string): HttpRefusal {
    const afterMs = this.#failures.take(socket.remoteAddress ?? '', this.#options.now());
    if (afterMs > 0) return limitExceeded('too many requests without a valid token', { afterMs });
    return new HttpRefusal(401, 'a valid bearer token is required', {
      headers: { 'WWW-Authenticate': challenge },
    });
  }

  sweep(): void {
    const now = this.#options.now();
    this.#calls.sweep(now);
    this.#failures.sweep(now);
  }
}
