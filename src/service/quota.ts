/** How many sessions there may be that have not ended: in the state directory, and of one principal. */

import { SessionError } from '../errors.ts';
import { type Metrics, PRINCIPAL_SCOPE } from '../session/metrics.ts';
import type { Parts } from './core.ts';

export type QuotaDeps = Pick<Parts, 'store'> & {
  readonly maxSessions: number;
  readonly maxSessionsPerPrincipal: number;
};

export class Quota {
  readonly #deps: QuotaDeps;
  /** The principals of the sessions on their way to the store, each with its place. */
  readonly #making: string[] = [];

  constructor(deps: QuotaDeps) {
    this.#deps = deps;
  }

  /**
   * Keeps a place while `make` makes one session.
   *
   * @throws SessionError LIMIT_EXCEEDED
   */
  async forOne<T>(principal: string, make: () => Promise<T>): Promise<T> {
    this.#making.push(principal);
    try {
      await this.#check(principal);
      return await make();
    } finally {
      this.#making.splice(this.#making.indexOf(principal), 1);
    }
  }

  async #check(principal: string): Promise<void> {
    const { store, maxSessions, maxSessionsPerPrincipal } = this.#deps;
    if (openIn(await store.totals()) + this.#making.length > maxSessions) {
      throw exceeded(
        `this state directory holds ${maxSessions} sessions that have not ended (--max-sessions)`,
      );
    }
    if (maxSessionsPerPrincipal >= maxSessions) return;
    const { metrics } = await store.sums(principal, PRINCIPAL_SCOPE);
    const making = this.#making.filter((other) => other === principal).length;
    if (openIn(metrics) + making <= maxSessionsPerPrincipal) return;
    throw exceeded(
      `${maxSessionsPerPrincipal} of your sessions have not ended (--max-sessions-per-principal)`,
    );
  }
}

function openIn({ totalSessions, endedSessions }: Metrics): number {
  return totalSessions - endedSessions;
}

function exceeded(message: string): SessionError {
  const hint = 'end_session or cleanup_sessions makes room.';
  return new SessionError('LIMIT_EXCEEDED', message, { hint });
}
