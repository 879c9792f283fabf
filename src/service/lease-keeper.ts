/** Renews the leases of live sessions, and stops processes that have lost theirs. */

import type { LeaseTimes } from '../process-limits.ts';
import type { Fence } from '../store/store.ts';
import type { Parts } from './core.ts';
import type { SessionProcess } from './session-process.ts';

const WATCHES_PER_RENEWAL = 5;

export type LeaseKeeperDeps = Pick<Parts, 'store' | 'owners' | 'clock' | 'log' | 'local'> & {
  readonly leaseTimes: LeaseTimes;
};

export class LeaseKeeper {
  readonly #deps: LeaseKeeperDeps;
  readonly #timers: readonly NodeJS.Timeout[];
  #renewedAt: number;
  #overdueSince: number | undefined;

  constructor(deps: LeaseKeeperDeps) {
    this.#deps = deps;
    this.#renewedAt = deps.clock.monotonic();
    const { renewMs } = deps.leaseTimes;
    // The watch has its own timer, because a renewal may hang while another program locks the database.
    this.#timers = [
      setInterval(() => void this.renew(), renewMs).unref(),
      setInterval(() => this.watch(), renewMs / WATCHES_PER_RENEWAL).unref(),
    ];
  }

  /**
   * Renews every lease once, in one commit with the news that a process has written something, and stops the sessions whose lease was taken over. The renewal counts from when it was
   * requested.
   */
  async renew(): Promise<void> {
    const { store, owners, clock, log, local } = this.#deps;
    const sentAt = clock.monotonic();
    try {
      const processes = local.processes();
      const fences = processes.map(({ fence }) => fence);
      const [lost] = await Promise.all([
        store.renew(owners.self, fences),
        ...processes.map((process) => this.#noteWriting(process)),
      ]);
      this.#renewedAt = sentAt;
      this.#overdueSince = undefined;
      this.#stop((process) => lost.some((fence) => isOf(fence, process)));
    } catch (error) {
      log.error({ err: error }, 'failed to renew leases');
    }
  }

  /**
   * Stops every session if no renewal has been written for `selfFenceMs`. A server that was itself suspended tries to
   * renew first: on the same machine, its sessions are not taken over without killing their processes.
   */
  watch(): void {
    const { clock, leaseTimes } = this.#deps;
    const now = clock.monotonic();
    if (now - this.#renewedAt <= leaseTimes.selfFenceMs) return;
    if (this.#overdueSince === undefined) {
      this.#overdueSince = now;
      void this.renew();
    } else if (now - this.#overdueSince >= leaseTimes.renewMs / WATCHES_PER_RENEWAL) {
      this.#stop(() => true);
    }
  }

  /** Never rejects: a lost lease is told by its renewal. */
  async #noteWriting(process: SessionProcess): Promise<void> {
    try {
      await process.writing.note();
    } catch (err) {
      this.#deps.log.debug({ err, sessionId: process.id }, 'activity could not be noted');
    }
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  #stop(isLost: (process: SessionProcess) => boolean): void {
    for (const process of this.#deps.local.processes()) {
      if (process.isClosing || !isLost(process)) continue;
      this.#deps.log.warn({ sessionId: process.id }, 'lease lost, process stopped');
      process.giveUp({ kind: 'unrenewed' });
    }
  }
}

function isOf(fence: Fence, process: SessionProcess): boolean {
  return fence.sessionId === process.id && fence.epoch === process.fence.epoch;
}
