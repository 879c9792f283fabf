/** Bytes into lines, however they were cut on the way; a line over the bound is told once and never kept. */

const LINE_FEED = 0x0a;

/** A line without its end, or that there was one too long to keep. */
export type Line = Buffer | 'too long';

export class LineSplitter {
  readonly #bytesMax: number;
  /** Grows with the line that has begun, so that many small pieces cost no more than a large one. */
  #begun = Buffer.alloc(0);
  #bytes = 0;
  /** Inside of a line that was told of already. */
  #isSkipping = false;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The lines that these bytes complete, and `too long` as soon as one is. */
  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, from)) {
      this.#add(chunk.subarray(from, end), lines);
      if (!this.#isSkipping) lines.push(Buffer.from(this.#begun.subarray(0, this.#bytes)));
      this.#forget();
      this.#isSkipping = false;
      from = end + 1;
    }
    this.#add(chunk.subarray(from), lines);
    return lines;
  }

  #add(part: Buffer, lines: Line[]): void {
    if (this.#isSkipping || part.length === 0) return;
    const bytes = this.#bytes + part.length;
    if (bytes > this.#bytesMax) {
      lines.push('too long');
      this.#forget();
      this.#isSkipping = true;
      return;
    }
    if (bytes > this.#begun.length) this.#grow(bytes);
    part.copy(this.#begun, this.#bytes);
    this.#bytes = bytes;
  }

  #grow(bytes: number): void {
    const larger = Buffer.alloc(Math.max(bytes, 2 * this.#begun.length));
    this.#begun.copy(larger);
    this.#begun = larger;
  }

  #forget(): void {
    this.#begun = Buffer.alloc(0);
    this.#bytes = 0;
  }
}
