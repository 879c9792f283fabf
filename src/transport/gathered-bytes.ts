const NOTHING = Buffer.alloc(0);

/** Bytes that arrive in pieces, copied into one growing buffer: a million small pieces cost no more than a large one. */
export class GatheredBytes {
  #buffer: Buffer = NOTHING;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    // Always copied: a piece is often a small part of what a socket has read, and would keep all of it in memory.
    if (length > this.#buffer.length) this.#grow(length);
    this.#buffer.set(piece, this.#length);
    this.#length = length;
  }

  /** All bytes; starts over. */
  take(): Buffer {
    const taken = this.#buffer.subarray(0, this.#length);
    this.#buffer = NOTHING;
    this.#length = 0;
    return taken;
  }

  // Not zeroed: nothing beyond what was set is read.
  #grow(length: number): void {
    const larger = Buffer.allocUnsafe(Math.max(length, 2 * this.#buffer.length));
    larger.set(this.#buffer);
    this.#buffer = larger;
  }
}
