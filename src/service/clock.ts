/** The clocks of the service, and a watch for jumps of the wall clock. */

import { CLOCK_JUMP_MS } from '../process-limits.ts';

export type Clock = {
  /** Epoch milliseconds, for leases and for people. */
  now(): number;
  /** Milliseconds, unaffected by changes of the wall clock; may stop while the machine sleeps. */
  monotonic(): number;
};

export function systemClock(): Clock {
  return { now: Date.now, monotonic: () => performance.now() };
}

/**
 * Notices when the wall clock jumps relative to the monotonic one: it was set, or the machine slept. For the length of
 * one lease after that, no lease counts as lapsed, so that owners can renew first.
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

  /** False for the length of one lease after a jump, including one that is noticed now. */
  trustsLapse(): boolean {
    const now = this.#clock.monotonic();
    const offset = this.#clock.now() - now;
    if (Math.abs(offset - this.#offset) > CLOCK_JUMP_MS) this.#jumpedAt = now;
    this.#offset = offset;
    return now - this.#jumpedAt > this.#leaseMs;
  }
}
