/** Requests over HTTP by hand, and the MCP session that such requests make. */

import { once } from 'node:events';
import { type Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Message } from './line-wire.ts';
import { call, INITIALIZE } from './messages.ts';
import { type Args, type ToolAnswer, ToolClient } from './tools.ts';

/** A server on the loopback interface. */
export type HttpTarget = {
  readonly port: number;
  /** Of a caller that names no other. */
  readonly token?: string;
  /** Node's own by default; false for a connection that nobody else uses. */
  readonly agent?: Agent | false;
};

export type Sent = {
  readonly method?: string;
  readonly path?: string;
  /** Null for a request without one. */
  readonly token?: string | null;
  readonly session?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON unless it is a string or bytes. */
  readonly body?: unknown;
};

export type Answer = {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
};

/** Sends one request as it is, and reads the whole answer. */
export async function send(target: HttpTarget, sent: Sent = {}): Promise<Answer> {
  const [response] = (await once(open(target, sent), 'response')) as [IncomingMessage];
  const { statusCode: status = 0, headers } = response;
  return { status, headers, text: await text(response) };
}

/** The same, without waiting: for streams, and for what is cut off. */
export function open({ port, agent, ...target }: HttpTarget, sent: Sent = {}): ClientRequest {
  const { method = 'POST', path = '/mcp', session, body } = sent;
  const token = sent.token === undefined ? target.token : sent.token;
  const headers = {
    accept: 'application/json, text/event-stream',
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(token && { authorization: `Bearer ${token}` }),
    ...(session !== undefined && { 'mcp-session-id': session }),
    ...sent.headers,
  };
  const opened = request({ host: '127.0.0.1', port, method, path, headers, agent });
  const isRaw = body === undefined || typeof body === 'string' || body instanceof Buffer;
  return opened.end(isRaw ? body : JSON.stringify(body));
}

/** Sends bytes (a string as Latin-1) that need not be a request; all that comes back until the server closes the connection. */
export async function sendBytes({ port }: HttpTarget, bytes: string | Buffer): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' }).on('error', () => {});
  socket.end(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  return await text(socket);
}

/** Opens an MCP session; its id. */
export async function openSession(target: HttpTarget, token = target.token): Promise<string> {
  const { status, headers } = await send(target, { token, body: INITIALIZE });
  const id = headers['mcp-session-id'];
  if (typeof id !== 'string') throw new Error(`initialize was answered ${status}`);
  return id;
}

/** The GET stream of a session, once its headers are here. */
export async function openStream(target: HttpTarget, session: string, token = target.token) {
  const opened = open(target, { method: 'GET', session, token });
  const [response] = (await once(opened, 'response')) as [IncomingMessage];
  return { request: opened, response };
}

/** The one JSON-RPC message of an answer, in JSON or in an event stream. */
export function messageOf({ text: body }: Answer): Message {
  // An event without data only names where to resume.
  const data = body.startsWith('{') ? body : /^data: (\{.*)$/m.exec(body)?.[1];
  if (data === undefined) throw new Error(`no message: ${body}`);
  return JSON.parse(data);
}

/** The error of an answer that must be a JSON-RPC error. */
export function errorOf(answer: Answer): { code: number; message: string; id: unknown } {
  const { jsonrpc, error, id } = JSON.parse(answer.text);
  if (jsonrpc !== '2.0') throw new Error(`not JSON-RPC: ${answer.text}`);
  return { ...error, id };
}

/** One MCP session, whose calls cost the client as little as can be. */
export class HttpCaller extends ToolClient {
  readonly session: string;
  readonly #target: HttpTarget;
  #asked = 0;

  private constructor(target: HttpTarget, session: string) {
    super();
    this.#target = target;
    this.session = session;
  }

  static async open(target: HttpTarget, token = target.token): Promise<HttpCaller> {
    return new HttpCaller({ ...target, token }, await openSession(target, token));
  }

  /** Calls a tool; the answer of the transport. */
  post(name: string, args: Args = {}): Promise<Answer> {
    this.#asked += 1;
    return send(this.#target, { session: this.session, body: call(this.#asked, name, args) });
  }

  override async raw(name: string, args: Args = {}): Promise<ToolAnswer> {
    const answer = await this.post(name, args);
    const { result, error } = messageOf(answer);
    if (result === undefined) throw new Error(`${name}: ${answer.status} ${error?.message}`);
    return result as ToolAnswer;
  }

  /** Opens the stream of changes on a connection of its own, and lets it run; its status. */
  async stream(): Promise<number> {
    const { response } = await openStream({ ...this.#target, agent: false }, this.session);
    response.on('error', () => {}).resume();
    return response.statusCode ?? 0;
  }

  /** Ends the MCP session. */
  async close(): Promise<void> {
    await send(this.#target, { session: this.session, method: 'DELETE' });
  }
}
