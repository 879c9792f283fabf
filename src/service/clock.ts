/** Time as the service sees it, and how far the wall clock can be trusted. */

import { CLOCK_JUMP_MS } from '../limits.ts';

export type Clock = {
  /** Epoch milliseconds, for what people read and for leases. */
  now(): number;
  /** Milliseconds that no change of the wall clock moves; may stand still while the machine sleeps. */
  monotonic(): number;
};

export function systemClock(): Clock {
  return { now: Date.now, monotonic: () => performance.now() };
}

/**
 * Notices when the wall clock moves against the monotonic one: somebody set it, or the machine slept.
 * For one lease after that nobody's lease counts as lapsed, so that owners can renew first.
 */
export class JumpWatch {
  readonly #clock: Clock;
  readonly #leaseMs: number;
  #offset: number;
  #jumpedAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, leaseMs: number) {
    this.#clock = clock;
    this.#leaseMs = leaseMs;
    this.#offset = clock.now() - clock.monotonic();
  }

  /** False within one lease after a jump, the one just noticed included. */
  trustsLapse(): boolean {
    const now = this.#clock.monotonic();
    const offset = this.#clock.now() - now;
    if (Math.abs(offset - this.#offset) > CLOCK_JUMP_MS) this.#jumpedAt = now;
    this.#offset = offset;
    return now - this.#jumpedAt > this.#leaseMs;
  }
}
