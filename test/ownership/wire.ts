/** A client that shows each answer as sent, and which methods of the store were called for it. */

import { AsyncLocalStorage } from 'node:async_hooks';
import { InMemoryTransport } from '@modelcontextprotocol/client';
import type { Caller } from '../../src/service/caller.ts';
import type { Store } from '../../src/store/store.ts';
import type { Connections } from '../../src/transport/connections.ts';
import { INITIALIZE, INITIALIZED } from '../support/client/messages.ts';
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

/** A client that shows each answer as sent. */
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
    await wire.ask(INITIALIZE);
    await near.send(INITIALIZED);
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
