/** Splits bytes into lines, wherever they were cut. A line over the bound is reported once and not kept. */

import { GatheredBytes } from '../gathered-bytes.ts';

const LINE_FEED = 0x0a;

/** A line without its end, or a report that one was too long to keep. */
export type Line = Buffer | 'too long';

export class LineSplitter {
  readonly #bytesMax: number;
  readonly #begun = new GatheredBytes();
  /** Inside a line that was already reported. */
  #isSkipping = false;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The lines that these bytes complete, and `too long` as soon as a line is. */
  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, from)) {
      this.#add(chunk.subarray(from, end), lines);
      if (!this.#isSkipping) lines.push(this.#begun.take());
      this.#isSkipping = false;
      from = end + 1;
    }
    this.#add(chunk.subarray(from), lines);
    return lines;
  }

  /** At the end of the input: what followed the last line feed is a line too. */
  end(): Line[] {
    return this.#begun.length > 0 ? [this.#begun.take()] : [];
  }

  #add(part: Buffer, lines: Line[]): void {
    if (this.#isSkipping || part.length === 0) return;
    if (this.#begun.length + part.length <= this.#bytesMax) {
      this.#begun.add(part);
      return;
    }
    lines.push('too long');
    this.#begun.take();
    this.#isSkipping = true;
  }
}
