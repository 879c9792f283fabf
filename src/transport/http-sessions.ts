/**
 * The MCP sessions of the 2025 revisions: one server instance and one transport each, bound to the principal that
 * opened it. A session ends by DELETE, after HTTP_SESSION_IDLE_MS without a request or an open stream, or with us.
 */

import { finished } from 'node:stream';
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import type { Server } from '@modelcontextprotocol/server';
import { HTTP_RETRY_AFTER_S, HTTP_SESSION_IDLE_MS, HTTP_SESSIONS_MAX } from '../limits.ts';
import type { Logger } from '../log.ts';
import type { Caller } from '../service/caller.ts';
import { type Connections, kindOf } from './connections.ts';
import { type Exchange, HttpRefusal, SESSION_NOT_FOUND } from './http-reply.ts';

type HttpSession = {
  readonly id: string;
  readonly caller: Caller;
  readonly server: Server;
  readonly transport: NodeStreamableHTTPServerTransport;
  /** False until `initialize` was accepted. */
  opened: boolean;
  /** Requests and streams that are not finished. */
  underWay: number;
};

type HttpSessionsOptions = {
  readonly connections: Connections;
  readonly log: Logger;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Unguessable and unique. */
  readonly newId: () => string;
};

export class HttpSessions {
  readonly #options: HttpSessionsOptions;
  readonly #sessions = new Map<string, HttpSession>();
  /** Since when; in the order in which they fell idle, so that a sweep looks at no more than it ends. */
  readonly #idleSince = new Map<HttpSession, number>();

  constructor(options: HttpSessionsOptions) {
    this.#options = options;
  }

  /** Serves an `initialize` with a new session. HttpRefusal 429 when HTTP_SESSIONS_MAX are open. */
  async open(exchange: Exchange): Promise<void> {
    this.sweep();
    if (this.#sessions.size >= HTTP_SESSIONS_MAX) throw tooManySessions();
    const session = this.#create(exchange.principal);
    try {
      await session.server.connect(session.transport);
      await this.#run(session, exchange);
    } finally {
      if (!session.opened) await this.#end(session);
    }
  }

  /** Serves a request of the session with this id. HttpRefusal 404 where it is not this principal's, or is none. */
  async serve(id: string, exchange: Exchange): Promise<void> {
    this.sweep();
    const session = this.#sessions.get(id);
    if (session === undefined || session.caller.principal !== exchange.principal) {
      throw new HttpRefusal(404, 'no such MCP session; send initialize to open one', {
        code: SESSION_NOT_FOUND,
      });
    }
    await this.#run(session, exchange);
  }

  /** Ends the sessions that have been idle for too long. */
  sweep(): void {
    const now = this.#options.now();
    for (const [session, since] of this.#idleSince) {
      if (now - since < HTTP_SESSION_IDLE_MS) return;
      void this.#end(session);
    }
  }

  /** Ends all sessions with their streams. */
  async close(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => this.#end(session)));
  }

  // In the table from the start, so that requests that come at once cannot open more than the cap.
  #create(principal: string): HttpSession {
    const { connections, newId } = this.#options;
    const id = newId();
    const caller = { principal, mcpSessionId: id };
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: () => id,
      onsessioninitialized: () => this.#markOpened(session),
    });
    const server = connections.createServer(caller);
    const session: HttpSession = { id, caller, server, transport, opened: false, underWay: 0 };
    transport.onclose = () => this.#remove(session);
    transport.onerror = (error) => this.#options.log.debug(kindOf(error), 'MCP message refused');
    this.#sessions.set(id, session);
    return session;
  }

  #markOpened(session: HttpSession): void {
    session.opened = true;
    this.#options.connections.opened(session.caller);
  }

  async #run(session: HttpSession, { request, response, body }: Exchange): Promise<void> {
    session.underWay += 1;
    if (this.#idleSince.delete(session)) this.#options.connections.present(session.caller);
    finished(response, () => this.#finish(session));
    await session.transport.handleRequest(request, response, body);
  }

  #finish(session: HttpSession): void {
    session.underWay -= 1;
    if (session.underWay > 0 || !this.#sessions.has(session.id)) return;
    this.#idleSince.set(session, this.#options.now());
    this.#options.connections.away(session.caller);
  }

  async #end(session: HttpSession): Promise<void> {
    this.#remove(session);
    try {
      await session.server.close();
    } catch (err) {
      this.#options.log.error({ err }, 'an MCP session did not close');
    }
  }

  #remove(session: HttpSession): void {
    if (!this.#sessions.delete(session.id)) return;
    this.#idleSince.delete(session);
    if (session.opened) this.#options.connections.closed(session.caller);
  }
}

function tooManySessions(): HttpRefusal {
  return new HttpRefusal(
    429,
    `LIMIT_EXCEEDED: ${HTTP_SESSIONS_MAX} MCP sessions are open, the most this server holds`,
    { headers: { 'Retry-After': String(HTTP_RETRY_AFTER_S) } },
  );
}
