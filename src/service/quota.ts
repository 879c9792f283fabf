/** Limits the number of sessions that have not ended, in the state directory and per principal. */

import { SessionError } from '../errors.ts';
import { type Metrics, PRINCIPAL_SCOPE } from '../session/metrics.ts';
import type { Parts } from './core.ts';

export type QuotaDeps = Pick<Parts, 'store'> & {
  readonly maxSessions: number;
  readonly maxSessionsPerPrincipal: number;
};

export class Quota {
  readonly #deps: QuotaDeps;
  /** The principals of sessions that are being created. */
  readonly #making: string[] = [];

  constructor(deps: QuotaDeps) {
    this.#deps = deps;
  }

  /**
   * Reserves a place while `make` creates a session.
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
        `limit of ${maxSessions} sessions that have not ended reached (--max-sessions)`,
      );
    }
    if (maxSessionsPerPrincipal >= maxSessions) return;
    const { metrics } = await store.sums(principal, PRINCIPAL_SCOPE);
    const making = this.#making.filter((other) => other === principal).length;
    if (openIn(metrics) + making <= maxSessionsPerPrincipal) return;
    throw exceeded(
      `limit of ${maxSessionsPerPrincipal} sessions per principal that have not ended reached (--max-sessions-per-principal)`,
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
