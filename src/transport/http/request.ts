/** The way of one HTTP request: from the cheapest check to the most expensive, and to what serves it. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as after } from 'node:timers/promises';
import { INTERNAL_ERROR, isJSONRPCRequest } from '@modelcontextprotocol/server';
import { CLOSE_ANSWERS_MS_MAX } from '../../connection-limits.ts';
import type { Logger } from '../../log.ts';
import { asMessage, isRequest, LISTEN } from '../message.ts';
import { HttpBodies, refusing } from './body.ts';
import { Exchanges, type Post, type SessionExchange } from './exchange.ts';
import type { HttpModern } from './modern.ts';
import type { HttpLimits } from './policy.ts';
import {
  allowPage,
  answerPreflight,
  HttpRefusal,
  isPreflight,
  RefusalLog,
  sendRefusal,
  setSecurityHeaders,
} from './reply.ts';
import { checkMethod, checkNoScraper, MCP_PATH, type Route } from './routes.ts';
import type { HttpSessions } from './sessions.ts';

const MCP_METHODS = ['GET', 'POST', 'DELETE'];

type EndpointParts = {
  /** @throws HttpRefusal for a foreign Host or Origin */
  readonly guard: (request: IncomingMessage) => void;
  /** The principal of an Authorization header; undefined if there is none. */
  readonly authenticate: (authorization: string | undefined) => string | undefined;
  readonly sessions: HttpSessions;
  /** Absent if only the revisions with sessions are served. */
  readonly modern: HttpModern | undefined;
  /** Served in addition to MCP. */
  readonly routes: readonly Route[];
  readonly limits: HttpLimits;
  /** `WWW-Authenticate` of a 401. */
  readonly challenge: string;
  readonly log: Logger;
  /** Its signal is the `ending` of every connection. */
  readonly ending: AbortController;
};

/** Answers every request. */
export class HttpEndpoint {
  readonly #parts: EndpointParts;
  readonly #exchanges = new Exchanges();
  readonly #bodies = new HttpBodies();
  readonly #refusals: RefusalLog;
  #closing = false;

  constructor(parts: EndpointParts) {
    this.#parts = parts;
    this.#refusals = new RefusalLog(parts.log);
  }

  /** Never rejects. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      setSecurityHeaders(response);
      await this.#route(request, response);
    } catch (error) {
      this.#fail(response, error);
    }
  }

  /**
   * Lets running calls be answered, then ends all sessions and streams. Nothing new is served in the meantime: MCP
   * requests get a 503.
   */
  async close(): Promise<void> {
    this.#closing = true;
    this.#parts.ending.abort();
    const timer = new AbortController();
    const timeUp = after(CLOSE_ANSWERS_MS_MAX, undefined, timer).catch(() => {});
    await Promise.race([this.#exchanges.callsAnswered(), timeUp]);
    timer.abort();
    await Promise.all([this.#parts.sessions.close(), this.#parts.modern?.close()]);
  }

  /** Ends what was idle, or was not read, for too long. `now` in monotonic milliseconds. */
  sweep(now: number): void {
    this.#parts.sessions.sweep();
    this.#parts.limits.sweep();
    this.#exchanges.cutStalled(now);
    this.#refusals.flush();
  }

  /** Cuts the exchanges whose token is no longer valid, and ends the sessions of principals that have none. */
  tokensChanged(principals: ReadonlySet<string>): void {
    const { authenticate, sessions } = this.#parts;
    this.#exchanges.cutUnless(({ request, principal }) => {
      return authenticate(request.headers.authorization) === principal;
    });
    sessions.endAllBut(principals);
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { guard, routes } = this.#parts;
    guard(request);
    allowPage(request, response);
    if (isPreflight(request)) return answerPreflight(response);
    const path = request.url?.split('?', 1)[0];
    const route = routes.find((each) => each.path === path);
    if (route !== undefined) return await this.#answerRoute(route, request, response);
    if (path !== MCP_PATH) throw new HttpRefusal(404, `nothing here; MCP is at ${MCP_PATH}`);
    checkMethod(request, MCP_METHODS);
    const exchange = { request, response, principal: this.#principalOf(request) };
    checkNoScraper(exchange.principal);
    this.#exchanges.add(exchange);
    const body = request.method === 'POST' ? await this.#bodies.readObject(request) : undefined;
    // Only now: the sessions may have been ended while the body came in.
    if (this.#closing) throw new HttpRefusal(503, 'the server is stopping');
    if (body === undefined) await this.#serveSession(exchange);
    else await this.#servePost({ ...exchange, body });
  }

  async #answerRoute(
    route: Route,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    checkMethod(request, route.methods);
    const principal = route.isPublic ? undefined : this.#principalOf(request);
    await route.answer(request, response, principal);
  }

  #principalOf(request: IncomingMessage): string {
    const { authenticate, limits, challenge } = this.#parts;
    const principal = authenticate(request.headers.authorization);
    if (principal === undefined) throw limits.unauthorized(request, challenge);
    return principal;
  }

  async #servePost(post: Post): Promise<void> {
    const { modern, sessions, limits } = this.#parts;
    const { body, response } = post;
    if (!('method' in body && body.method === LISTEN)) this.#exchanges.addCall(response);
    if (modern?.accepts(post)) {
      if (isJSONRPCRequest(body) && !limits.admit(post, body)) return;
      return await modern.serve(post);
    }
    const message = refusing(() => asMessage(body));
    if (isRequest(message) && !limits.admit(post, message)) return;
    const exchange = { ...post, message };
    const isNew = isRequest(message) && message.method === 'initialize';
    if (isNew && sessionIdOf(post.request) === undefined) return await sessions.open(exchange);
    await this.#serveSession(exchange);
  }

  async #serveSession(exchange: SessionExchange): Promise<void> {
    const id = sessionIdOf(exchange.request);
    if (id === undefined) {
      throw new HttpRefusal(400, 'the Mcp-Session-Id header is missing; send initialize first');
    }
    await this.#parts.sessions.serve(id, exchange);
  }

  #fail(response: ServerResponse, error: unknown): void {
    // The client has gone.
    if (response.destroyed) return;
    if (error instanceof HttpRefusal) this.#refusals.add(error);
    else this.#parts.log.error({ err: error }, 'HTTP request failed');
    if (response.headersSent) response.destroy();
    else sendRefusal(response, error instanceof HttpRefusal ? error : internalError());
  }
}

function internalError(): HttpRefusal {
  return new HttpRefusal(500, 'internal error; see the server log', { code: INTERNAL_ERROR });
}

function sessionIdOf({ headers }: IncomingMessage): string | undefined {
  const id = headers['mcp-session-id'];
  return typeof id === 'string' && id !== '' ? id : undefined;
}
