import { quoteId } from '../errors.ts';
import { BUFFER_BYTES_MAX, BUFFER_ENTRIES_MAX } from '../limits.ts';
import { tailBytes } from '../text.ts';
import { invalid } from './options.ts';

/** Notified of each push. */
type Owner = { touch(): void };

const BOUNDS = Symbol('bounds');

type Ring = string[] & { readonly [BOUNDS]: Bounds };

/**
 * An array whose `push` keeps the last texts, up to BUFFER_ENTRIES_MAX texts and BUFFER_BYTES_MAX bytes
 * of UTF-8, and drops the oldest. Of a text that is too long by itself, the end is kept.
 *
 * Everything else works as on any array, `length = 0` and `splice` included. The next push brings back
 * within the bounds what was written that way. Only a text that replaces another one by its index counts
 * with the size of the one that was there.
 */
export function textRing(owner: Owner): string[] {
  // A plain array with a method of its own, because V8 is slow to take the first item of a subclass.
  return Object.defineProperties<string[]>([], {
    push: { value: push },
    [BOUNDS]: { value: new Bounds(owner) },
  });
}

function push(this: Ring, ...given: readonly unknown[]): number {
  const texts = given.map(keptOf);
  this[BOUNDS].push(this, texts);
  return this.length;
}

class Bounds {
  readonly #owner: Owner;
  /** The bytes of each text, once there is one. */
  #sizes: number[] | undefined;
  #bytes = 0;

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  push(ring: Ring, texts: readonly string[]): void {
    const sizes = this.#sizesOf(ring);
    for (const text of texts) {
      const size = Buffer.byteLength(text);
      Array.prototype.push.call(ring, text);
      sizes.push(size);
      this.#bytes += size;
      while (ring.length > BUFFER_ENTRIES_MAX || this.#bytes > BUFFER_BYTES_MAX) {
        ring.shift();
        this.#bytes -= sizes.shift() ?? 0;
      }
    }
    this.#owner.touch();
  }

  /** Measured anew if something else than `push` has changed the length; it may have written anything. */
  #sizesOf(ring: readonly unknown[]): number[] {
    if (this.#sizes?.length === ring.length) return this.#sizes;
    this.#sizes = Array.from(ring, (text) => Buffer.byteLength(String(text)));
    this.#bytes = this.#sizes.reduce((sum, size) => sum + size, 0);
    return this.#sizes;
  }
}

/** @throws SessionError INVALID_REQUEST for what is not text */
function keptOf(text: unknown): string {
  if (typeof text !== 'string') throw invalid(`a buffer takes text, not ${quoteId(text)}`);
  const isTooLong = Buffer.byteLength(text) > BUFFER_BYTES_MAX;
  return (isTooLong ? tailBytes(text, BUFFER_BYTES_MAX) : text).toWellFormed();
}
