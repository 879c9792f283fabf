/**
 * The MCP sessions of the 2025 revisions: one server instance and one transport each, bound to the principal that
 * opened it. A session ends by DELETE, after HTTP_SESSION_IDLE_MS without a request or an open stream (a short while
 * where nothing followed its `initialize`), with the last token of its principal, or with us. Many clients go without a
 * word, so when no more may be open, the longest idle one of the principal that asks makes way.
 */

import type { Server } from '@modelcontextprotocol/server';
import {
  HTTP_SESSION_IDLE_MS,
  HTTP_SESSION_UNUSED_MS,
  HTTP_SESSIONS_MAX,
  HTTP_SESSIONS_PER_PRINCIPAL_MAX,
  HTTP_STREAM_RETRY_MS,
} from '../limits.ts';
import type { Logger } from '../log.ts';
import type { Caller } from '../service/caller.ts';
import { type Connections, kindOf } from './connections.ts';
import { type ReplayLog, ReplayLogs } from './http-replay.ts';
import {
  HttpRefusal,
  limitExceeded,
  SESSION_NOT_FOUND,
  type SessionExchange,
  whenOver,
} from './http-reply.ts';
import { HttpTransport } from './http-transport.ts';

type HttpSession = {
  readonly id: string;
  readonly caller: Caller;
  readonly server: Server;
  readonly transport: HttpTransport;
  readonly replay: ReplayLog;
  /** False until `initialize` was accepted. */
  opened: boolean;
  /** Whether anything came after `initialize`. */
  used: boolean;
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
  /** Aborts when the server is about to stop. */
  readonly ending: AbortSignal;
};

export class HttpSessions {
  readonly #options: HttpSessionsOptions;
  readonly #sessions = new Map<string, HttpSession>();
  readonly #perPrincipal = new Map<string, number>();
  readonly #replays = new ReplayLogs();
  /** Since when; in the order in which they fell idle, so that a sweep looks at no more than it ends. */
  readonly #idleSince = new Map<HttpSession, number>();
  /** The same for those that nobody has used yet. */
  readonly #unusedSince = new Map<HttpSession, number>();

  constructor(options: HttpSessionsOptions) {
    this.#options = options;
  }

  /** Serves an `initialize` with a new session. HttpRefusal 429 when as many are open as may be and none is idle. */
  async open(exchange: SessionExchange): Promise<void> {
    this.sweep();
    this.#makeRoom(exchange.principal);
    const session = this.#create(exchange.principal);
    try {
      await session.server.connect(session.transport);
      await this.#run(session, exchange);
    } finally {
      if (!session.opened) await this.#end(session);
    }
  }

  /** Serves a request of the session with this id. HttpRefusal 404 where it is not this principal's, or is none. */
  async serve(id: string, exchange: SessionExchange): Promise<void> {
    this.sweep();
    const session = this.#sessions.get(id);
    if (session === undefined || session.caller.principal !== exchange.principal) {
      throw new HttpRefusal(404, 'no such MCP session; send initialize to open one', {
        code: SESSION_NOT_FOUND,
      });
    }
    session.used = true;
    await this.#run(session, exchange);
  }

  /** Ends the sessions that have been idle for too long. */
  sweep(): void {
    this.#endOlder(this.#idleSince, HTTP_SESSION_IDLE_MS);
    this.#endOlder(this.#unusedSince, HTTP_SESSION_UNUSED_MS);
  }

  /** Ends the sessions of principals that are not let in any more. */
  endAllBut(principals: ReadonlySet<string>): void {
    for (const session of [...this.#sessions.values()]) {
      if (!principals.has(session.caller.principal)) void this.#end(session);
    }
  }

  /** Ends all sessions with their streams. */
  async close(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => this.#end(session)));
  }

  // In the table from the start, so that requests that come at once cannot open more than the cap.
  #create(principal: string): HttpSession {
    const { connections, newId, ending } = this.#options;
    const id = newId();
    const caller = { principal, mcpSessionId: id };
    // Not the session's id: what proves nothing here should not be spread either.
    const replay = this.#replays.open(newId());
    const transport = new HttpTransport({
      sessionIdGenerator: () => id,
      onsessioninitialized: () => this.#markOpened(session),
      eventStore: replay,
      retryInterval: HTTP_STREAM_RETRY_MS,
    });
    const server = connections.createServer(caller, ending);
    const fresh = { opened: false, used: false, underWay: 0 };
    const session: HttpSession = { id, caller, server, transport, replay, ...fresh };
    transport.onclose = () => this.#remove(session);
    transport.onerror = (error) => this.#options.log.debug(kindOf(error), 'MCP message refused');
    this.#sessions.set(id, session);
    this.#perPrincipal.set(principal, this.#countOf(principal) + 1);
    return session;
  }

  #markOpened(session: HttpSession): void {
    session.opened = true;
    this.#options.connections.opened(session.caller);
  }

  async #run(session: HttpSession, exchange: SessionExchange): Promise<void> {
    session.underWay += 1;
    if (this.#wake(session)) this.#options.connections.present(session.caller);
    whenOver(exchange.response, () => this.#finish(session));
    await session.transport.serve(exchange);
  }

  #finish(session: HttpSession): void {
    session.underWay -= 1;
    if (session.underWay > 0 || !this.#sessions.has(session.id)) return;
    const idle = session.used ? this.#idleSince : this.#unusedSince;
    idle.set(session, this.#options.now());
    this.#options.connections.away(session.caller);
  }

  /** Whether it was idle. */
  #wake(session: HttpSession): boolean {
    return this.#idleSince.delete(session) || this.#unusedSince.delete(session);
  }

  #endOlder(idle: ReadonlyMap<HttpSession, number>, ms: number): void {
    const now = this.#options.now();
    for (const [session, since] of idle) {
      if (now - since < ms) return;
      void this.#end(session);
    }
  }

  #countOf(principal: string): number {
    return this.#perPrincipal.get(principal) ?? 0;
  }

  /** Ends a session of this principal if no more may be open; never another's, who would pay for it. */
  #makeRoom(principal: string): void {
    const isServerFull = this.#sessions.size >= HTTP_SESSIONS_MAX;
    if (!isServerFull && this.#countOf(principal) < HTTP_SESSIONS_PER_PRINCIPAL_MAX) return;
    const idle = this.#longestIdle(principal);
    if (idle === undefined) {
      throw limitExceeded(
        isServerFull
          ? `${HTTP_SESSIONS_MAX} MCP sessions are open, the most of this server`
          : `${HTTP_SESSIONS_PER_PRINCIPAL_MAX} MCP sessions are open, the most of one principal`,
      );
    }
    this.#options.log.debug(idle.caller, 'an idle MCP session makes way for a new one');
    void this.#end(idle);
  }

  #longestIdle(principal: string): HttpSession | undefined {
    let longest: { readonly session: HttpSession; readonly since: number } | undefined;
    for (const idle of [this.#idleSince, this.#unusedSince]) {
      for (const [session, since] of idle) {
        if (session.caller.principal !== principal) continue;
        if (longest === undefined || since < longest.since) longest = { session, since };
        break;
      }
    }
    return longest?.session;
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
    this.#wake(session);
    session.replay.clear();
    const { principal } = session.caller;
    const rest = this.#countOf(principal) - 1;
    if (rest > 0) this.#perPrincipal.set(principal, rest);
    else this.#perPrincipal.delete(principal);
    if (session.opened) this.#options.connections.closed(session.caller);
  }
}
