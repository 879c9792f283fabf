/**
 * Streamable HTTP on node:http. This file listens, bounds what a connection may cost, and stops in order.
 *
 * A request (`exchange.ts`) goes through `request.ts`, which has `policy.ts` and `identity.ts` check it and `body.ts` read
 * its body. Then `sessions.ts` serves it in the 2025 revisions (`session-transport.ts`, `replay.ts`), `modern.ts` in
 * 2026-07-28, and `routes.ts` serves everything else. `reply.ts` has the refusals.
 */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import {
  HTTP_CLOSE_GRACE_MS,
  HTTP_CONNECTIONS_MAX,
  HTTP_HEADER_BYTES_MAX,
  HTTP_KEEP_ALIVE_MS,
  HTTP_RATE_LIMIT_DEFAULT,
  HTTP_SWEEP_MS,
  HTTP_TIMES,
  type HttpTimes,
} from '../../connection-limits.ts';
import { SessionError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { Connections } from '../connections.ts';
import { whenOver } from './exchange.ts';
import { HttpModern } from './modern.ts';
import { createGuard, HttpLimits, hostInUrl } from './policy.ts';
import { HttpResponse } from './reply.ts';
import { HttpEndpoint } from './request.ts';
import { challengeFor, HEALTH_ROUTE, MCP_PATH, metadataRoutes, type Route } from './routes.ts';
import { HttpSessions } from './sessions.ts';

export type HttpMode = 'sessions' | 'dual';

export type HttpOptions = {
  /** The address to listen on. As Host, requests may name it, localhost, 127.0.0.1 or [::1]. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** `sessions`: the revisions with MCP sessions. `dual`: 2026-07-28 too, which has none. */
  readonly mode: HttpMode;
  /** The principal of an Authorization header; undefined is answered 401. Called for every request. */
  readonly authenticate: (authorization: string | undefined) => string | undefined;
  readonly connections: Connections;
  readonly log: Logger;
  /** Makes MCP session ids: unique, at least 128 random bits, visible ASCII. */
  readonly newId: () => string;
  /** Monotonic milliseconds; `performance.now` by default. */
  readonly now?: () => number;
  /** More Host and Origin values to serve, as the headers have them. */
  readonly allowedHosts?: readonly string[];
  readonly allowedOrigins?: readonly string[];
  /** Where clients get their tokens: URLs of OAuth authorization servers. */
  readonly authServers?: readonly string[];
  /** The MCP endpoint as clients name it, if they do not connect to us directly. Its Host is served. */
  readonly publicUrl?: string | undefined;
  /** Requests per second of one principal over a longer time; HTTP_RATE_LIMIT_DEFAULT by default. */
  readonly rateLimit?: number;
  /** HTTP_TIMES by default. */
  readonly times?: HttpTimes;
  /** Served in addition to MCP and health. */
  readonly routes?: readonly Route[];
};

export type HttpService = {
  /** Where MCP is served, path included. */
  readonly url: string;
  readonly port: number;
  /**
   * Stops listening, answers running calls, and ends all MCP sessions and streams. Resolves when the last connection is
   * closed.
   */
  close(): Promise<void>;
  /**
   * To be called when the tokens have changed; these are their principals now. Cuts the streams and calls of tokens that are no longer
   * valid, and ends the MCP sessions of all other principals.
   */
  tokensChanged(principals: ReadonlySet<string>): void;
};

/** @throws SessionError UNAVAILABLE if it cannot listen on the address */
export async function serveHttp(options: HttpOptions): Promise<HttpService> {
  const { host, connections, log, newId, now = () => performance.now() } = options;
  const server = createHttpServer(options.times ?? HTTP_TIMES);
  const port = await listen(server, options);
  // Without file descriptors, for example, a connection is lost, but the server goes on.
  server.on('error', (err) => log.error({ err }, 'HTTP server error'));
  const url = `http://${hostInUrl(host)}:${port}${MCP_PATH}`;
  const ending = new AbortController();
  const shared = { connections, log, ending: ending.signal };
  const resource = {
    url: options.publicUrl ?? url,
    authServers: options.authServers ?? [],
  };
  const endpoint = new HttpEndpoint({
    guard: createGuard({ ...options, port, allowedHosts: hostsOf(options) }),
    challenge: challengeFor(resource),
    limits: new HttpLimits({ rateLimit: options.rateLimit ?? HTTP_RATE_LIMIT_DEFAULT, now }),
    authenticate: options.authenticate,
    sessions: new HttpSessions({ ...shared, newId, now }),
    modern: options.mode === 'dual' ? new HttpModern(shared) : undefined,
    routes: [HEALTH_ROUTE, ...metadataRoutes(resource), ...(options.routes ?? [])],
    log,
    ending,
  });
  server.on('request', (request, response) => {
    whenOver(response, () => closeIfStopping(server));
    void endpoint.answer(request, response);
  });
  const sweeper = setInterval(() => endpoint.sweep(now()), HTTP_SWEEP_MS).unref();
  const close = async () => {
    clearInterval(sweeper);
    await stop(server, endpoint);
  };
  return { url, port, close, tokensChanged: (principals) => endpoint.tokensChanged(principals) };
}

function hostsOf({ allowedHosts = [], publicUrl }: HttpOptions): readonly string[] {
  return publicUrl === undefined ? allowedHosts : [...allowedHosts, new URL(publicUrl).host];
}

type HttpServer = Server<typeof IncomingMessage, typeof HttpResponse>;

function createHttpServer({ headersMs, requestMs, checkMs }: HttpTimes): HttpServer {
  const server = createServer({
    ServerResponse: HttpResponse,
    // The guard checks it, in every version of HTTP.
    requireHostHeader: false,
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: checkMs,
    keepAliveTimeout: HTTP_KEEP_ALIVE_MS,
    maxHeaderSize: HTTP_HEADER_BYTES_MAX,
  });
  server.maxConnections = HTTP_CONNECTIONS_MAX;
  return server;
}

async function listen(server: Server, { host, port }: HttpOptions): Promise<number> {
  server.listen({ host, port });
  try {
    await once(server, 'listening');
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? cause.code : 'unknown reason';
    throw new SessionError(
      'UNAVAILABLE',
      `cannot listen on ${hostInUrl(host)}:${port}: ${reason}`,
      {
        hint: 'choose another --host or --port; --port 0 takes any free one.',
        cause,
      },
    );
  }
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

async function stop(server: Server, endpoint: HttpEndpoint): Promise<void> {
  const closed = server.listening ? once(server, 'close') : undefined;
  server.close();
  await endpoint.close();
  const cut = setTimeout(() => server.closeAllConnections(), HTTP_CLOSE_GRACE_MS);
  closeIfStopping(server);
  await closed;
  clearTimeout(cut);
}

// A connection whose response was just sent counts as idle only after this turn of the event loop.
function closeIfStopping(server: Server): void {
  if (!server.listening) setImmediate(() => server.closeIdleConnections());
}
