/** The way of one HTTP request: from the cheapest check to the dearest, and to the one place that serves it. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as after } from 'node:timers/promises';
import { isInitializeRequest, isJSONRPCRequest } from '@modelcontextprotocol/server';
import { CLOSE_ANSWERS_MS_MAX } from '../limits.ts';
import type { Logger } from '../log.ts';
import { HttpBodies, refusing } from './http-body.ts';
import { allowPage, answerPreflight, isPreflight } from './http-cors.ts';
import { HttpExchanges } from './http-exchanges.ts';
import { checkNoScraper } from './http-figures.ts';
import type { HttpLimits } from './http-limits.ts';
import type { HttpModern } from './http-modern.ts';
import {
  HttpRefusal,
  INTERNAL_ERROR,
  INVALID_PARAMS,
  MCP_PATH,
  type Post,
  type SessionExchange,
  sendRefusal,
  setSecurityHeaders,
} from './http-reply.ts';
import { checkMethod, type Route } from './http-routes.ts';
import type { HttpSessions } from './http-sessions.ts';
import { asMessage, isRequest, LISTEN } from './message.ts';
import { RefusalLog } from './refusal-log.ts';

const MCP_METHODS = ['GET', 'POST', 'DELETE'];

type EndpointParts = {
  /** Throws HttpRefusal for a foreign Host or Origin. */
  readonly guard: (request: IncomingMessage) => void;
  /** The principal of an Authorization header, undefined where it names none. */
  readonly authenticate: (authorization: string | undefined) => string | undefined;
  readonly sessions: HttpSessions;
  /** Absent where only the revisions with sessions are served. */
  readonly modern: HttpModern | undefined;
  /** What is served beside MCP. */
  readonly routes: readonly Route[];
  readonly limits: HttpLimits;
  /** What a 401 says in `WWW-Authenticate`. */
  readonly challenge: string;
  readonly log: Logger;
  /** Its signal is the `ending` of every connection. */
  readonly ending: AbortController;
};

/** Answers every request it is given, and never rejects. */
export class HttpEndpoint {
  readonly #parts: EndpointParts;
  readonly #exchanges = new HttpExchanges();
  readonly #bodies = new HttpBodies();
  readonly #refusals: RefusalLog;
  #closing = false;

  constructor(parts: EndpointParts) {
    this.#parts = parts;
    this.#refusals = new RefusalLog(parts.log);
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    setSecurityHeaders(response);
    try {
      await this.#route(request, response);
    } catch (error) {
      this.#fail(response, error);
    }
  }

  /**
   * Lets the calls under way be answered, then ends all sessions and streams. Nothing new is served meanwhile: MCP
   * requests are answered 503.
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

  /** Ends what has been idle or has not been read for too long. `now` in monotonic milliseconds. */
  sweep(now: number): void {
    this.#parts.sessions.sweep();
    this.#parts.limits.sweep();
    this.#exchanges.cutStalled(now);
    this.#refusals.flush();
  }

  /** Other tokens are good from now on: cuts the streams of those that are not, and ends their principals' sessions. */
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
    // Asked only now: while the body came in, the sessions may have been ended for good.
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
    if (opensSession(exchange)) return await sessions.open(exchange);
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
    // The client went away: nobody is left to tell.
    if (response.destroyed) return;
    const { log } = this.#parts;
    if (error instanceof HttpRefusal) {
      this.#refusals.add(error);
      if (response.headersSent) response.destroy();
      else sendRefusal(response, error);
      return;
    }
    log.error({ err: error }, 'HTTP request failed');
    if (response.headersSent) response.destroy();
    else sendRefusal(response, internalError());
  }
}

function internalError(): HttpRefusal {
  return new HttpRefusal(500, 'internal error; the server log has it', { code: INTERNAL_ERROR });
}

function opensSession({ request, message }: SessionExchange): boolean {
  if (sessionIdOf(request) !== undefined || message === undefined) return false;
  if (!isRequest(message) || message.method !== 'initialize') return false;
  if (isInitializeRequest(message)) return true;
  const problem = 'initialize needs protocolVersion, capabilities and clientInfo';
  throw new HttpRefusal(400, problem, { code: INVALID_PARAMS, id: message.id });
}

function sessionIdOf({ headers }: IncomingMessage): string | undefined {
  const id = headers['mcp-session-id'];
  return typeof id === 'string' && id !== '' ? id : undefined;
}
