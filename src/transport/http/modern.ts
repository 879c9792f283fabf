/** The 2026-07-28 revision over HTTP: no sessions, a server instance for each request, and the principal as the caller. */

import type { IncomingMessage } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import {
  classifyInboundRequest,
  createMcpHandler,
  INVALID_PARAMS,
  InMemoryServerEventBus,
  type McpHttpHandler,
  type McpRequestContext,
  type ServerEvent,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { LISTEN_STREAMS_MAX } from '../../connection-limits.ts';
import { SUBSCRIPTIONS_MAX } from '../../limits.ts';
import type { Logger } from '../../log.ts';
import type { Caller } from '../../service/caller.ts';
import { type Connections, kindOf } from '../connections.ts';
import { LISTEN } from '../message.ts';
import type { Post } from './exchange.ts';
import { HttpRefusal } from './reply.ts';
import { MCP_PATH } from './routes.ts';

type HttpModernOptions = {
  readonly connections: Connections;
  readonly log: Logger;
  /** Aborts when the server is about to stop. */
  readonly ending: AbortSignal;
};

export class HttpModern {
  readonly #options: HttpModernOptions;
  /** One for each principal, so that its streams carry only its own changes. */
  readonly #handlers = new Map<string, McpHttpHandler>();
  readonly #onerror: (error: Error) => void;

  constructor(options: HttpModernOptions) {
    this.#options = options;
    this.#onerror = (error) => options.log.debug(kindOf(error), 'MCP message refused');
  }

  /** Whether this POST is for `serve`, even if only to be refused. The others are of the revisions with sessions. */
  accepts({ request, body }: Post): boolean {
    const { kind } = classifyInboundRequest({
      httpMethod: 'POST',
      body,
      protocolVersionHeader: headerOf(request, 'mcp-protocol-version'),
      mcpMethodHeader: headerOf(request, 'mcp-method'),
      mcpNameHeader: headerOf(request, 'mcp-name'),
    });
    return kind !== 'legacy';
  }

  async serve({ request, response, principal, body }: Post): Promise<void> {
    checkListen(body);
    const handler = this.#handlerOf(principal);
    const authInfo = { token: '', clientId: principal, scopes: [] };
    const serve = toNodeHandler(
      { fetch: (web, options) => handler.fetch(web, { ...options, authInfo }) },
      { onerror: this.#onerror },
    );
    await serve(asPost(request), response, body);
  }

  /** Ends all requests, subscriptions included. */
  async close(): Promise<void> {
    await Promise.all([...this.#handlers.values()].map((handler) => handler.close()));
  }

  /** Kept for good: there are only as many as the operator has named principals. */
  #handlerOf(principal: string): McpHttpHandler {
    const known = this.#handlers.get(principal);
    if (known !== undefined) return known;
    const { connections, ending } = this.#options;
    const create = (context: McpRequestContext) =>
      connections.createServer(callerOf(context), ending);
    const made = createMcpHandler(create, {
      legacy: 'reject',
      bus: new ChangeBus({ principal, mcpSessionId: null }, connections),
      maxSubscriptions: LISTEN_STREAMS_MAX,
      onerror: this.#onerror,
    });
    this.#handlers.set(principal, made);
    return made;
  }
}

/** The changes of one principal, followed only while a stream is open that wants them. */
class ChangeBus extends InMemoryServerEventBus {
  readonly #caller: Caller;
  readonly #connections: Connections;
  #stop: (() => void) | undefined;

  constructor(caller: Caller, connections: Connections) {
    super();
    this.#caller = caller;
    this.#connections = connections;
  }

  override subscribe(listener: (event: ServerEvent) => void): () => void {
    const leave = super.subscribe(listener);
    this.#stop ??= this.#connections.follow(this.#caller, (event) =>
      this.publish(
        event.kind === 'updated'
          ? { kind: 'resource_updated', uri: event.uri }
          : { kind: 'resources_list_changed' },
      ),
    );
    return () => {
      leave();
      if (this.listenerCount > 0) return;
      this.#stop?.();
      this.#stop = undefined;
    };
  }
}

const listenRequest = z.object({
  id: z.union([z.string(), z.number()]),
  method: z.literal(LISTEN),
  params: z.object({
    notifications: z.object({ resourceSubscriptions: z.array(z.unknown()) }),
  }),
});

/** At every change, a stream looks through everything that it watches. */
function checkListen(body: unknown): void {
  const listen = listenRequest.safeParse(body).data;
  const watched = listen?.params.notifications.resourceSubscriptions.length ?? 0;
  if (listen === undefined || watched <= SUBSCRIPTIONS_MAX) return;
  const message = `LIMIT_EXCEEDED: one stream may watch at most ${SUBSCRIPTIONS_MAX} resources`;
  throw new HttpRefusal(400, message, { code: INVALID_PARAMS, id: listen.id });
}

function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

// The adapter's types require both.
function asPost(request: IncomingMessage): IncomingMessage & { method: string; url: string } {
  return Object.assign(request, { method: 'POST', url: MCP_PATH });
}

function callerOf({ authInfo }: McpRequestContext): Caller {
  if (authInfo === undefined) throw new Error('a request has no principal');
  return { principal: authInfo.clientId, mcpSessionId: null };
}
