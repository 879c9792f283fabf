/** Keeps the leases of live sessions, and stops what has lost its own. */

import type { LeaseTimes } from '../limits.ts';
import type { Logger } from '../log.ts';
import type { Owners } from '../runner/owners.ts';
import type { Fence, Store } from '../store/store.ts';
import type { Clock } from './clock.ts';
import type { LiveSession } from './live-session.ts';

export type LeaseKeeperDeps = {
  readonly store: Store;
  readonly owners: Owners;
  readonly clock: Clock;
  readonly log: Logger;
  readonly leaseTimes: LeaseTimes;
  live(): readonly LiveSession[];
};

export class LeaseKeeper {
  readonly #deps: LeaseKeeperDeps;
  readonly #timer: NodeJS.Timeout;
  #renewedAt: number;

  constructor(deps: LeaseKeeperDeps) {
    this.#deps = deps;
    this.#renewedAt = deps.clock.monotonic();
    this.#timer = setInterval(() => void this.renew(), deps.leaseTimes.renewMs);
    this.#timer.unref();
  }

  /**
   * Renews every lease once. A session whose lease has passed on is stopped; so is every session when
   * no renewal has been written for `selfFenceMs`, counted from when it was sent.
   */
  async renew(): Promise<void> {
    const { store, owners, clock, log, leaseTimes } = this.#deps;
    const sentAt = clock.monotonic();
    try {
      const lost = await store.renew(
        owners.self,
        this.#deps.live().map((live) => live.fence),
      );
      this.#renewedAt = sentAt;
      this.#stop((live) => lost.some((fence) => isOf(fence, live)));
    } catch (error) {
      log.error({ err: error }, 'leases could not be renewed');
      if (clock.monotonic() - this.#renewedAt > leaseTimes.selfFenceMs) this.#stop(() => true);
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #stop(isLost: (live: LiveSession) => boolean): void {
    for (const live of this.#deps.live()) {
      if (!isLost(live)) continue;
      this.#deps.log.warn({ sessionId: live.id }, 'lease lost, process stopped');
      void live.close();
    }
  }
}

function isOf(fence: Fence, live: LiveSession): boolean {
  return fence.sessionId === live.id && fence.epoch === live.fence.epoch;
}
