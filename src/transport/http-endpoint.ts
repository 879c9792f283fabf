/** The way of one HTTP request: from the cheapest check to the dearest, and to the one place that serves it. */

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import {
  isInitializeRequest,
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResponse,
} from '@modelcontextprotocol/server';
import type { Logger } from '../log.ts';
import { readJsonObject } from './http-body.ts';
import { checkNoScraper } from './http-figures.ts';
import type { HttpModern } from './http-modern.ts';
import {
  type Exchange,
  HttpRefusal,
  INTERNAL_ERROR,
  INVALID_PARAMS,
  INVALID_REQUEST,
  MCP_PATH,
  sendRefusal,
  setSecurityHeaders,
} from './http-reply.ts';
import { checkMethod, type Route } from './http-routes.ts';
import type { HttpSessions } from './http-sessions.ts';

const MCP_METHODS = ['GET', 'POST', 'DELETE'];

type EndpointParts = {
  /** Throws HttpRefusal for a foreign Host or Origin. */
  readonly guard: (headers: IncomingHttpHeaders) => void;
  /** The principal of an Authorization header, undefined where it names none. */
  readonly authenticate: (authorization: string | undefined) => string | undefined;
  readonly sessions: HttpSessions;
  /** Absent where only the revisions with sessions are served. */
  readonly modern: HttpModern | undefined;
  /** What is served beside MCP. */
  readonly routes: readonly Route[];
  readonly log: Logger;
};

/** Answers every request it is given, and never rejects. */
export class HttpEndpoint {
  readonly #parts: EndpointParts;
  #closing = false;

  constructor(parts: EndpointParts) {
    this.#parts = parts;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    setSecurityHeaders(response);
    try {
      await this.#route(request, response);
    } catch (error) {
      this.#fail(response, error);
    }
  }

  /** Ends all sessions and streams; from here on nothing is served, MCP requests are answered 503. */
  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all([this.#parts.sessions.close(), this.#parts.modern?.close()]);
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { guard, routes } = this.#parts;
    guard(request.headers);
    const path = request.url?.split('?', 1)[0];
    const route = routes.find((each) => each.path === path);
    if (route !== undefined) return await this.#answerRoute(route, request, response);
    if (path !== MCP_PATH) throw new HttpRefusal(404, `nothing here; MCP is at ${MCP_PATH}`);
    checkMethod(request, MCP_METHODS);
    const principal = this.#principalOf(request);
    checkNoScraper(principal);
    const body = request.method === 'POST' ? await readJsonObject(request) : undefined;
    // Asked only now: while the body came in, the sessions may have been ended for good.
    if (this.#closing) throw new HttpRefusal(503, 'the server is stopping');
    await this.#serve({ request, response, principal, body });
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

  #principalOf({ headers }: IncomingMessage): string {
    const principal = this.#parts.authenticate(headers.authorization);
    if (principal === undefined) throw unauthorized();
    return principal;
  }

  async #serve(exchange: Exchange): Promise<void> {
    if (exchange.body === undefined) return await this.#serveSession(exchange);
    const { modern, sessions } = this.#parts;
    if (await modern?.accepts(exchange)) return await modern?.serve(exchange);
    checkMessage(exchange.body);
    if (opensSession(exchange)) return await sessions.open(exchange);
    await this.#serveSession(exchange);
  }

  async #serveSession(exchange: Exchange): Promise<void> {
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
      log.info({ status: error.status, reason: error.message }, 'HTTP request refused');
      sendRefusal(response, error);
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

function unauthorized(): HttpRefusal {
  return new HttpRefusal(401, 'a valid bearer token is required', {
    headers: { 'WWW-Authenticate': 'Bearer' },
  });
}

function checkMessage(body: unknown): void {
  if (isJSONRPCRequest(body) || isJSONRPCNotification(body) || isJSONRPCResponse(body)) return;
  throw new HttpRefusal(400, 'the body must be a JSON-RPC 2.0 message', { code: INVALID_REQUEST });
}

function opensSession({ request, body }: Exchange): boolean {
  if (sessionIdOf(request) !== undefined) return false;
  if (!isJSONRPCRequest(body) || body.method !== 'initialize') return false;
  if (isInitializeRequest(body)) return true;
  const message = 'initialize needs protocolVersion, capabilities and clientInfo';
  throw new HttpRefusal(400, message, { code: INVALID_PARAMS, id: body.id });
}

function sessionIdOf({ headers }: IncomingMessage): string | undefined {
  const id = headers['mcp-session-id'];
  return typeof id === 'string' && id !== '' ? id : undefined;
}
