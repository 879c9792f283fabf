/** A bare MCP client over HTTP: what it costs is the server's, as far as that can be. */

import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';

export type Answer = {
  readonly status: number;
  readonly session: string;
  /** The JSON-RPC message; undefined where there is none. */
  readonly message: Message | undefined;
  readonly ms: number;
};

type Message = {
  readonly result?: { readonly isError?: boolean; readonly structuredContent?: unknown };
  readonly error?: { readonly code: number };
};

export type Sent = {
  readonly token: string;
  readonly session?: string;
  readonly method?: 'POST' | 'DELETE';
  readonly body?: string | object;
};

const CONNECTIONS = 64;

/** Sends over so many connections that stay open. */
export class Wire {
  readonly url: URL;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

  constructor(url: string) {
    this.url = new URL(url);
  }

  send({ token, session, method = 'POST', body }: Sent): Promise<Answer> {
    const began = performance.now();
    const headers = {
      authorization: `Bearer ${token}`,
      accept: 'application/json, text/event-stream',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(session !== undefined && { 'mcp-session-id': session }),
    };
    return new Promise((resolve, reject) => {
      const asked = request(this.url, { method, agent: this.#agent, headers }, async (response) => {
        const message = messageIn(await text(response));
        resolve({
          status: response.statusCode ?? 0,
          session: String(response.headers['mcp-session-id'] ?? ''),
          message,
          ms: performance.now() - began,
        });
      });
      asked.once('error', reject);
      asked.end(typeof body === 'object' ? JSON.stringify(body) : body);
    });
  }

  initialize(token: string): Promise<Answer> {
    return this.send({ token, body: INITIALIZE });
  }

  /** On a connection of its own. */
  stream(token: string, session: string): Promise<number> {
    const headers = {
      authorization: `Bearer ${token}`,
      accept: 'text/event-stream',
      'mcp-session-id': session,
    };
    return new Promise((resolve, reject) => {
      const asked = request(this.url, { headers, agent: false }, (response) => {
        response.on('error', () => {}).resume();
        resolve(response.statusCode ?? 0);
      });
      asked.once('error', reject).end();
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'load', version: '1' },
  },
};

function messageIn(answer: string): Message | undefined {
  const data = answer.startsWith('{') ? answer : /^data: (\{.*)$/m.exec(answer)?.[1];
  return data === undefined ? undefined : JSON.parse(data);
}

/** One MCP session of a principal. */
export class Caller {
  readonly token: string;
  readonly session: string;
  readonly #wire: Wire;
  #asked = 0;

  private constructor(wire: Wire, token: string, session: string) {
    this.#wire = wire;
    this.token = token;
    this.session = session;
  }

  static async open(wire: Wire, token: string): Promise<Caller> {
    const { status, session } = await wire.initialize(token);
    if (status !== 200) throw new Error(`initialize was answered ${status}`);
    return new Caller(wire, token, session);
  }

  /** What the tool answered and how long it took; throws where it failed. */
  async call<T>(
    name: string,
    args: object = {},
  ): Promise<{ readonly data: T; readonly ms: number }> {
    const { message, status, ms } = await this.raw(name, args);
    if (message?.result?.structuredContent === undefined) {
      throw new Error(`${name} was answered ${status} ${JSON.stringify(message)}`);
    }
    return { data: message.result.structuredContent as T, ms };
  }

  raw(name: string, args: object): Promise<Answer> {
    const { token, session } = this;
    this.#asked += 1;
    const params = { name, arguments: args };
    const body = { jsonrpc: '2.0', id: this.#asked, method: 'tools/call', params };
    return this.#wire.send({ token, session, body });
  }

  /** Opens the stream of changes, which stays open; its status. */
  stream(): Promise<number> {
    return this.#wire.stream(this.token, this.session);
  }

  async close(): Promise<void> {
    const { token, session } = this;
    await this.#wire.send({ token, session, method: 'DELETE' });
  }
}

/** Runs all of them, so many at a time. */
export async function inTurns(
  count: number,
  width: number,
  run: (n: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) {
      next += 1;
      await run(next - 1);
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
}
