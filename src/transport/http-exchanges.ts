/** The exchanges under way: who has how many, whose client takes nothing, and whose token is gone. */

import type { ServerResponse } from 'node:http';
import { HTTP_EXCHANGES_PER_PRINCIPAL_MAX, HTTP_STALL_MS_MAX } from '../limits.ts';
import { type Exchange, limitExceeded, whenOver } from './http-reply.ts';

export class HttpExchanges {
  /** Since when the client of each has taken nothing of what is ready for it; undefined where it does. */
  readonly #open = new Map<Exchange, number | undefined>();
  readonly #perPrincipal = new Map<string, number>();
  /** Those of {@link #open} that are no streams. */
  readonly #calls = new Set<ServerResponse>();

  /** Counts the exchange until it is over. HttpRefusal 429 over HTTP_EXCHANGES_PER_PRINCIPAL_MAX of a principal. */
  add(exchange: Exchange): void {
    const { principal, response } = exchange;
    const count = this.#perPrincipal.get(principal) ?? 0;
    if (count >= HTTP_EXCHANGES_PER_PRINCIPAL_MAX) {
      throw limitExceeded(
        `${HTTP_EXCHANGES_PER_PRINCIPAL_MAX} requests of this principal are under way`,
      );
    }
    this.#perPrincipal.set(principal, count + 1);
    this.#open.set(exchange, undefined);
    whenOver(response, () => this.#remove(exchange));
  }

  /** This one is no stream: the server does not stop before it is answered, if that does not take too long. */
  addCall(response: ServerResponse): void {
    this.#calls.add(response);
    whenOver(response, () => this.#calls.delete(response));
  }

  /** Resolves once the calls that are under way now are answered, or their clients gone. */
  async callsAnswered(): Promise<void> {
    const over = (response: ServerResponse) =>
      new Promise<void>((resolve) => whenOver(response, resolve));
    await Promise.all([...this.#calls].map(over));
  }

  /** Cuts those whose client has taken nothing for HTTP_STALL_MS_MAX. `now` in monotonic milliseconds. */
  cutStalled(now: number): void {
    for (const [exchange, since] of this.#open) {
      if (!exchange.response.writableNeedDrain) this.#open.set(exchange, undefined);
      else if (since === undefined) this.#open.set(exchange, now);
      else if (now - since >= HTTP_STALL_MS_MAX) exchange.response.destroy();
    }
  }

  /** Cuts those that would not be let in any more. */
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
