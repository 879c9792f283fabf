/** A server on a real socket for one test, and the requests that no well-behaved client would send. */

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished } from 'vitest';
import { loggerTo } from '../../src/log.ts';
import { type HttpOptions, type HttpService, serveHttp } from '../../src/transport/http.ts';
import { parseTokenFile, principalOf } from '../../src/transport/identity.ts';
import { EchoConnections } from './echo.ts';

export const ALICE = 'alice-token-0123456789';
export const BOB = 'bob-token-0123456789';
const TOKENS = parseTokenFile(`alice:${ALICE}\nbob:${BOB}\n`);

export type Running = HttpService & { echo: EchoConnections; logged: () => string };

/** A server that ends with the test. */
export async function start(options: Partial<HttpOptions> = {}): Promise<Running> {
  const running = await serve(options);
  onTestFinished(() => running.close());
  return running;
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
  return { ...service, echo, logged: () => lines.join('') };
}

export type Sent = {
  method?: string;
  path?: string;
  token?: string | null;
  session?: string;
  headers?: Record<string, string>;
  body?: unknown;
};

export type Answer = { status: number; headers: IncomingMessage['headers']; text: string };

/** Sends one request as it stands; a body that is no string goes as JSON. */
export async function send({ port }: { port: number }, sent: Sent = {}): Promise<Answer> {
  const request = open({ port }, sent);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: await text(response),
  };
}

/** The same, without waiting: for streams, and for what is cut off. */
export function open({ port }: { port: number }, sent: Sent = {}): ClientRequest {
  const { method = 'POST', path = '/mcp', token = ALICE, session, headers, body } = sent;
  const request = httpRequest({
    host: '127.0.0.1',
    port,
    method,
    path,
    headers: {
      accept: 'application/json, text/event-stream',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(session !== undefined && { 'mcp-session-id': session }),
      ...headers,
    },
  });
  const raw = typeof body === 'string' || body instanceof Buffer;
  request.end(body === undefined || raw ? body : JSON.stringify(body));
  return request;
}

export const INITIALIZE = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'test', version: '1' },
  },
};

export const call = (id: number, name: string, args: object = {}) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: args },
});

/** A session opened by hand. */
export async function openSession(server: { port: number }, token = ALICE): Promise<string> {
  const { headers } = await send(server, { token, body: INITIALIZE });
  return String(headers['mcp-session-id']);
}

/** The GET stream of a session, once its headers are here. */
export async function openStream(server: { port: number }, session: string) {
  const request = open(server, { method: 'GET', session });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { request, response };
}

/** The error of an answer that must be a JSON-RPC error. */
export function errorOf(answer: Answer): { code: number; message: string; id: unknown } {
  const { jsonrpc, error, id } = JSON.parse(answer.text);
  if (jsonrpc !== '2.0') throw new Error(`not JSON-RPC: ${answer.text}`);
  return { ...error, id };
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

/** An event stream of one message. */
export function messageOf(answer: Answer): { id: unknown; result?: unknown; error?: unknown } {
  // An event without data only names where to resume.
  const data = answer.text.split('\n').find((line) => line.startsWith('data: {'));
  return JSON.parse(data?.slice('data: '.length) ?? '');
}
