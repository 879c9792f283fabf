/** Token buckets, one per key. */

export type RateLimits = {
  readonly perSecond: number;
  /** How many a key that was quiet may take at once. */
  readonly burst: number;
  /** Maximum number of keys; over it, the first one is forgotten. */
  readonly keysMax: number;
};

type Bucket = { left: number; at: number };

export class RateLimiter {
  readonly #limits: RateLimits;
  readonly #buckets = new Map<string, Bucket>();

  constructor(limits: RateLimits) {
    this.#limits = limits;
  }

  /** Takes one for this key: 0, or the time until there is one. All times in monotonic milliseconds. */
  take(key: string, now: number): number {
    const { perSecond } = this.#limits;
    const left = this.#leftOf(key, now);
    this.#remember(key, { left: left >= 1 ? left - 1 : left, at: now });
    return left >= 1 ? 0 : Math.ceil(((1 - left) * 1000) / perSecond);
  }

  /** Forgets the keys whose bucket is full. */
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
