/** How often a principal may call, and how often a source may fail to name one. */

import type { IncomingMessage } from 'node:http';
import type { JSONRPCRequest } from '@modelcontextprotocol/server';
import {
  HTTP_AUTH_FAILURES_PER_MINUTE,
  HTTP_BURST_SECONDS,
  HTTP_LIMITED_KEYS_MAX,
} from '../limits.ts';
import { type Exchange, HttpRefusal, limitExceeded, sendJson } from './http-reply.ts';
import { limitReply } from './limit-reply.ts';
import { RateLimiter } from './rate-limiter.ts';

type HttpLimitsOptions = {
  /** Requests a second of one principal, over a longer time. */
  readonly rateLimit: number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
};

export class HttpLimits {
  readonly #options: HttpLimitsOptions;
  readonly #calls: RateLimiter;
  readonly #failures: RateLimiter;

  constructor(options: HttpLimitsOptions) {
    const { rateLimit } = options;
    const keysMax = HTTP_LIMITED_KEYS_MAX;
    const perMinute = HTTP_AUTH_FAILURES_PER_MINUTE;
    this.#options = options;
    this.#calls = new RateLimiter({
      perSecond: rateLimit,
      burst: rateLimit * HTTP_BURST_SECONDS,
      keysMax,
    });
    this.#failures = new RateLimiter({ perSecond: perMinute / 60, burst: perMinute, keysMax });
  }

  /**
   * Counts a request of a principal; false where there were too many and this was answered so: a tool call with the
   * tool result LIMIT_EXCEEDED, which a model can read. Anything else throws HttpRefusal 429.
   */
  admit({ principal, response }: Exchange, request: JSONRPCRequest): boolean {
    const waitMs = this.#calls.take(principal, this.#options.now());
    if (waitMs === 0) return true;
    const problem = `more than ${this.#options.rateLimit} requests a second of this principal`;
    if (request.method !== 'tools/call') {
      throw limitExceeded(problem, { id: request.id, afterMs: waitMs });
    }
    const reply = limitReply(request, problem, `retry in ${waitMs} ms.`);
    sendJson(response, { status: 200, body: reply });
    return false;
  }

  /** The answer to a request without a valid token: 401, and 429 to a source that keeps trying. */
  unauthorized({ socket }: IncomingMessage, challenge: string): HttpRefusal {
    const waitMs = this.#failures.take(socket.remoteAddress ?? '', this.#options.now());
    if (waitMs > 0) {
      return limitExceeded('too many requests without a valid token', { afterMs: waitMs });
    }
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
