/** Token buckets, one a key: so many at once, then so many a second. */

export type RateLimits = {
  readonly perSecond: number;
  /** What a key that has been quiet may take at once. */
  readonly burst: number;
  /** Keys remembered at once; over it the one that came first is forgotten. */
  readonly keysMax: number;
};

type Bucket = { left: number; at: number };

export class RateLimiter {
  readonly #limits: RateLimits;
  readonly #buckets = new Map<string, Bucket>();

  constructor(limits: RateLimits) {
    this.#limits = limits;
  }

  /** Takes one for this key: 0, or the milliseconds until there is one. `now` in monotonic milliseconds. */
  take(key: string, now: number): number {
    const { perSecond } = this.#limits;
    const left = this.#leftOf(key, now);
    this.#remember(key, { left: left >= 1 ? left - 1 : left, at: now });
    return left >= 1 ? 0 : Math.ceil(((1 - left) * 1000) / perSecond);
  }

  /** Forgets the keys that may take all again. */
  sweep(now: number): void {
    for (const key of this.#buckets.keys()) {
      if (this.#leftOf(key, now) === this.#limits.burst) this.#buckets.delete(key);
    }
  }

  #leftOf(key: string, now: number): number {
    const { perSecond, burst } = this.#limits;
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) return burst;
    return Math.min(burst, bucket.left + ((now - bucket.at) * perSecond) / 1000);
  }

  #remember(key: string, bucket: Bucket): void {
    this.#buckets.set(key, bucket);
    if (this.#buckets.size <= this.#limits.keysMax) return;
    for (const first of this.#buckets.keys()) {
      this.#buckets.delete(first);
      return;
    }
  }
}
