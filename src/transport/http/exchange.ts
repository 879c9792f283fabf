/** One HTTP request with its response, and the ones that are open. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JSONRPCMessage } from '@modelcontextprotocol/server';
import { HTTP_EXCHANGES_PER_PRINCIPAL_MAX, HTTP_STALL_MS_MAX } from '../../connection-limits.ts';
import { limitExceeded } from './reply.ts';

/** One HTTP request of a principal. */
export type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly principal: string;
};

/** A POST with the JSON object in its body. */
export type Post = Exchange & { readonly body: object };

/** A request of an MCP session: a POST with its message, or a GET or DELETE. */
export type SessionExchange = Exchange & { readonly message?: JSONRPCMessage };

/** Calls back once when the response was sent or its client has gone, even if that is so already. */
export function whenOver(response: ServerResponse, callback: () => void): void {
  if (response.closed) queueMicrotask(callback);
  else response.once('close', callback);
}

/** The open exchanges: how many a principal has, which clients do not read, and whose token is no longer valid. */
export class Exchanges {
  /** Each with the time since which its client has read nothing; undefined if it reads. */
  readonly #open = new Map<Exchange, number | undefined>();
  readonly #perPrincipal = new Map<string, number>();
  /** The responses of {@link #open} that are not streams. */
  readonly #calls = new Set<ServerResponse>();

  /**
   * Counts the exchange until it is over.
   *
   * @throws HttpRefusal 429 over HTTP_EXCHANGES_PER_PRINCIPAL_MAX
   */
  add(exchange: Exchange): void {
    const { principal, response } = exchange;
    const count = this.#perPrincipal.get(principal) ?? 0;
    if (count >= HTTP_EXCHANGES_PER_PRINCIPAL_MAX) {
      throw limitExceeded(`${HTTP_EXCHANGES_PER_PRINCIPAL_MAX} open requests per principal`);
    }
    this.#perPrincipal.set(principal, count + 1);
    this.#open.set(exchange, undefined);
    whenOver(response, () => this.#remove(exchange));
  }

  /** Marks a response that is not a stream: the server waits a while for it before it stops. */
  addCall(response: ServerResponse): void {
    this.#calls.add(response);
    whenOver(response, () => this.#calls.delete(response));
  }

  /** Resolves when the calls that are open now were answered, or their clients have gone. */
  async callsAnswered(): Promise<void> {
    const over = (response: ServerResponse) =>
      new Promise<void>((resolve) => whenOver(response, resolve));
    await Promise.all([...this.#calls].map(over));
  }

  /** Cuts the exchanges whose client has read nothing for HTTP_STALL_MS_MAX. `now` in monotonic milliseconds. */
  cutStalled(now: number): void {
    for (const [exchange, since] of this.#open) {
      if (!exchange.response.writableNeedDrain) this.#open.set(exchange, undefined);
      else if (since === undefined) this.#open.set(exchange, now);
      else if (now - since >= HTTP_STALL_MS_MAX) exchange.response.destroy();
    }
  }

  cutUnless(mayStay: (exchange: Exchange) => boolean): void {
    for (const exchange of this.#open.keys()) {
      if (!mayStay(exchange)) exchange.response.destroy();
    }
  }

  #remove(exchange: Exchange): void {
    if (!this.#open.delete(exchange)) return;
    const rest = (this.#perPrincipal.get(exchange.principal) ?? 1) - 1;
    if (rest > 0) this.#perPrincipal.set(exchange.principal, rest);
    else this.#perPrincipal.delete(exchange.principal);
  }
}
