/** A server on a real socket for one test. */

import { randomUUID } from 'node:crypto';
import { expect, onTestFinished } from 'vitest';
import { loggerTo } from '../../src/log.ts';
import { type HttpOptions, type HttpService, serveHttp } from '../../src/transport/http/http.ts';
import { parseTokenFile, principalOf } from '../../src/transport/http/identity.ts';
import {
  errorOf,
  type HttpTarget,
  openSession,
  type Sent,
  send,
} from '../support/client/http-wire.ts';
import { EchoConnections } from './echo.ts';

export const ALICE = 'alice-token-0123456789';
export const BOB = 'bob-token-0123456789';
const TOKENS = parseTokenFile(`alice:${ALICE}\nbob:${BOB}\n`);

/** Its requests are those of `alice` unless they say otherwise. */
export type Running = HttpService &
  HttpTarget & { readonly echo: EchoConnections; readonly logged: () => string };

/** A server that ends with the test. */
export async function start(options: Partial<HttpOptions> = {}): Promise<Running> {
  const running = await serve(options);
  onTestFinished(() => running.close());
  return running;
}

/** The same, with an MCP session of `alice`. */
export async function startSession(options: Partial<HttpOptions> = {}) {
  const server = await start(options);
  return { server, session: await openSession(server) };
}

/** A server that the caller closes. */
export async function serve(options: Partial<HttpOptions> = {}): Promise<Running> {
  const echo = new EchoConnections();
  const lines: string[] = [];
  const service = await serveHttp({
    host: '127.0.0.1',
    port: 0,
    mode: 'sessions',
    authenticate: (authorization) => principalOf(authorization, TOKENS),
    connections: echo,
    log: loggerTo({ write: (line) => void lines.push(line) }, 'debug'),
    newId: randomUUID,
    ...options,
  });
  return { ...service, echo, token: ALICE, logged: () => lines.join('') };
}

/** The answer to what must be refused: in the shape of an error, and with nothing made for it. */
export async function refusalOf(server: Running, sent: Sent) {
  const before = server.echo.servers.length;
  const answer = await send(server, sent);
  expect(server.echo.servers).toHaveLength(before);
  expect(answer.headers).toMatchObject({
    'content-type': 'application/json',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
  expect(answer.text).not.toMatch(/\n\s+at |\.ts\b|node_modules/);
  const { code, message } = errorOf(answer);
  return { status: answer.status, code, message, answer };
}
