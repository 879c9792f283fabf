/**
 * The MCP sessions of the 2025 revisions: one server instance and one transport each, bound to the principal that opened
 * it. A session ends by DELETE, after HTTP_SESSION_IDLE_MS without a request or an open stream (sooner if nothing followed
 * its `initialize`), with the last token of its principal, or with the server. Many clients leave without a DELETE, so if
 * no more sessions may be open, the longest idle one of the same principal is ended to make room.
 */

import type { Server } from '@modelcontextprotocol/server';
import {
  HTTP_SESSION_IDLE_MS,
  HTTP_SESSION_UNUSED_MS,
  HTTP_SESSIONS_MAX,
  HTTP_SESSIONS_PER_PRINCIPAL_MAX,
  HTTP_STREAM_RETRY_MS,
} from '../../connection-limits.ts';
import type { Logger } from '../../log.ts';
import type { Caller } from '../../service/caller.ts';
import { type Connections, kindOf } from '../connections.ts';
import { type SessionExchange, whenOver } from './exchange.ts';
import { type ReplayLog, ReplayLogs } from './replay.ts';
import { HttpRefusal, limitExceeded } from './reply.ts';
import { HttpTransport } from './session-transport.ts';

/** MCP's JSON-RPC error code for a session that does not exist. */
const SESSION_NOT_FOUND = -32_001;

type HttpSession = {
  readonly id: string;
  readonly caller: Caller;
  readonly server: Server;
  readonly transport: HttpTransport;
  readonly replay: ReplayLog;
  /** Whether `initialize` was accepted. */
  isOpened: boolean;
  /** Whether anything followed `initialize`. */
  isUsed: boolean;
  /** Open requests and streams. */
  exchanges: number;
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
  readonly #replays = new ReplayLogs();
  /** Idle sessions with the time since when, in that order, so that a sweep looks at no more than it ends. */
  readonly #idleSince = new Map<HttpSession, number>();
  /** The same for sessions that nobody has used yet. */
  readonly #unusedSince = new Map<HttpSession, number>();

  constructor(options: HttpSessionsOptions) {
    this.#options = options;
  }

  /**
   * Serves an `initialize` with a new session.
   *
   * @throws HttpRefusal 429 if no more sessions may be open, and none of the principal's is idle
   */
  async open(exchange: SessionExchange): Promise<void> {
    this.sweep();
    this.#makeRoom(exchange.principal);
    const session = this.#create(exchange.principal);
    try {
      await session.server.connect(session.transport);
      await this.#run(session, exchange);
    } finally {
      if (!session.isOpened) await this.#end(session);
    }
  }

  /**
   * Serves a request of the session with this id.
   *
   * @throws HttpRefusal 404 if there is none, or if it is another principal's
   */
  async serve(id: string, exchange: SessionExchange): Promise<void> {
    this.sweep();
    const session = this.#sessions.get(id);
    if (session === undefined || session.caller.principal !== exchange.principal) {
      throw new HttpRefusal(404, 'no such MCP session; send initialize to open one', {
        code: SESSION_NOT_FOUND,
      });
    }
    session.isUsed = true;
    await this.#run(session, exchange);
  }

  /** Ends the sessions that were idle for too long. */
  sweep(): void {
    this.#endOlder(this.#idleSince, HTTP_SESSION_IDLE_MS);
    this.#endOlder(this.#unusedSince, HTTP_SESSION_UNUSED_MS);
  }

  /** Ends the sessions of all other principals. */
  endAllBut(principals: ReadonlySet<string>): void {
    for (const session of this.#sessions.values()) {
      if (!principals.has(session.caller.principal)) void this.#end(session);
    }
  }

  /** Ends all sessions with their streams. */
  async close(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => this.#end(session)));
  }

  // Added at once, so that concurrent requests cannot open more than the limit.
  #create(principal: string): HttpSession {
    const { connections, newId, ending } = this.#options;
    const id = newId();
    const caller = { principal, mcpSessionId: id };
    // Not the session's id, which should appear in as few places as possible.
    const replay = this.#replays.open(newId());
    const transport = new HttpTransport({
      sessionIdGenerator: () => id,
      onsessioninitialized: () => this.#markOpened(session),
      eventStore: replay,
      retryInterval: HTTP_STREAM_RETRY_MS,
    });
    const server = connections.createServer(caller, ending);
    const fresh = { isOpened: false, isUsed: false, exchanges: 0 };
    const session: HttpSession = { id, caller, server, transport, replay, ...fresh };
    transport.onclose = () => this.#remove(session);
    transport.onerror = (error) => this.#options.log.debug(kindOf(error), 'MCP message refused');
    this.#sessions.set(id, session);
    return session;
  }

  #markOpened(session: HttpSession): void {
    session.isOpened = true;
    this.#options.connections.opened(session.caller);
  }

  async #run(session: HttpSession, exchange: SessionExchange): Promise<void> {
    session.exchanges += 1;
    if (this.#wake(session)) this.#options.connections.present(session.caller);
    whenOver(exchange.response, () => this.#finish(session));
    await session.transport.serve(exchange);
  }

  #finish(session: HttpSession): void {
    session.exchanges -= 1;
    if (session.exchanges > 0 || !this.#sessions.has(session.id)) return;
    const idle = session.isUsed ? this.#idleSince : this.#unusedSince;
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

  /** Ends a session of this principal if no more may be open, and never one of another. */
  #makeRoom(principal: string): void {
    const isServerFull = this.#sessions.size >= HTTP_SESSIONS_MAX;
    const own = [...this.#sessions.values()].filter(({ caller }) => caller.principal === principal);
    if (!isServerFull && own.length < HTTP_SESSIONS_PER_PRINCIPAL_MAX) return;
    const idle = this.#longestIdle(own);
    if (idle === undefined) {
      throw limitExceeded(
        isServerFull
          ? `${HTTP_SESSIONS_MAX} open MCP sessions`
          : `${HTTP_SESSIONS_PER_PRINCIPAL_MAX} open MCP sessions per principal`,
      );
    }
    this.#options.log.debug(idle.caller, 'idle MCP session ended to make room');
    void this.#end(idle);
  }

  #longestIdle(sessions: readonly HttpSession[]): HttpSession | undefined {
    const idle = sessions.flatMap((session) => {
      const since = this.#idleSince.get(session) ?? this.#unusedSince.get(session);
      return since === undefined ? [] : [{ session, since }];
    });
    return idle.toSorted((a, b) => a.since - b.since)[0]?.session;
  }

  /** Never rejects. */
  async #end(session: HttpSession): Promise<void> {
    try {
      this.#remove(session);
      await session.server.close();
    } catch (err) {
      this.#options.log.error({ err }, 'an MCP session could not be closed');
    }
  }

  #remove(session: HttpSession): void {
    if (!this.#sessions.delete(session.id)) return;
    this.#wake(session);
    session.replay.clear();
    if (session.isOpened) this.#options.connections.closed(session.caller);
  }
}
