/** Clients that show each answer as it stands on the wire, and which calls of the store it took. */

import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { InMemoryTransport } from '@modelcontextprotocol/client';
import { onTestFinished } from 'vitest';
import { loggerTo } from '../../src/log.ts';
import type { Caller } from '../../src/service/caller.ts';
import type { Store } from '../../src/store/store.ts';
import type { Connections } from '../../src/transport/connections.ts';
import { serveHttp } from '../../src/transport/http.ts';
import type { Ask } from './probes.ts';

export type Answer = { readonly text: string; readonly reads: readonly string[] };

/** The methods of the store that a question has called. */
const reads = new AsyncLocalStorage<string[]>();

export function recorded<Port extends Store | Store['peers']>(port: Port): Port {
  return new Proxy(port, {
    get: (target, name) => {
      if ('peers' in target && name === 'peers') return recorded(target.peers);
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        reads.getStore()?.push(String(name));
        return Reflect.apply(value, target, args);
      };
    },
  });
}

/** A client that shows each answer as it stands on the wire. */
export class Wire {
  readonly heard: string[] = [];
  readonly #transport: InMemoryTransport;
  readonly #waiting = new Map<unknown, (text: string) => void>();
  #asked = 0;

  static async open(connections: Connections, caller: Caller): Promise<Wire> {
    const [near, far] = InMemoryTransport.createLinkedPair();
    await connections.createServer(caller, new AbortController().signal).connect(far);
    connections.opened(caller);
    const wire = new Wire(near);
    await wire.ask({
      method: 'initialize',
      params: {
        protocolVersion: '2025-11-25',
        capabilities: {},
        clientInfo: { name: 'raw', version: '1' },
      },
    });
    await near.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    return wire;
  }

  private constructor(transport: InMemoryTransport) {
    this.#transport = transport;
    transport.onmessage = (message) => {
      const { id, ...rest } = message as { id?: unknown };
      const answer = this.#waiting.get(id);
      if (id === undefined || answer === undefined) this.heard.push(JSON.stringify(message));
      else answer(JSON.stringify(rest));
    };
  }

  async ask({ method, params }: Ask): Promise<Answer> {
    this.#asked += 1;
    const id = this.#asked;
    const called: string[] = [];
    const text = await new Promise<string>((resolve) => {
      this.#waiting.set(id, resolve);
      void reads.run(called, () => this.#transport.send({ jsonrpc: '2.0', id, method, params }));
    });
    return { text, reads: called };
  }
}

/** The same program over HTTP, whose tokens are the names. */
export async function startHttp(connections: Connections) {
  const service = await serveHttp({
    host: '127.0.0.1',
    port: 0,
    mode: 'dual',
    authenticate: (header) => header?.replace('Bearer ', ''),
    connections,
    log: loggerTo({ write: () => {} }, 'silent'),
    newId: randomUUID,
  });
  onTestFinished(() => service.close());
  const send = async (
    method: string,
    session: string | undefined,
    token = 'bob',
    body: object = {},
  ) => {
    const message = { jsonrpc: '2.0', id: 1, method: 'tools/list', ...body };
    const answer = await fetch(service.url, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
        ...(session !== undefined && { 'mcp-session-id': session }),
      },
      ...(method === 'POST' && { body: JSON.stringify(message) }),
    });
    const headers = [...answer.headers].filter(([name]) => name !== 'date');
    const text = `${answer.status} ${JSON.stringify(headers)} ${await answer.text()}`;
    return text;
  };
  const open = async (token: string) => {
    const params = {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'raw', version: '1' },
    };
    const text = await send('POST', undefined, token, { method: 'initialize', params });
    return /"mcp-session-id","([^"]+)"/.exec(text)?.[1] ?? '';
  };
  return { send, open };
}
