import { BUFFER_BYTES_MAX, BUFFER_ENTRIES_MAX } from '../limits.ts';
import { tailBytes } from '../text.ts';

/** What a buffer holds before its first text; shared, hence frozen. */
export const NO_TEXT: readonly string[] = Object.freeze([]);

/**
 * The last texts of a stream, bounded by their number and by their bytes as UTF-8; the oldest give
 * way. Of a text that is too long by itself the end is kept.
 */
export class TextRing {
  readonly #texts: string[] = [];
  #bytes = 0;
  #view: readonly string[] | undefined;

  push(text: string): void {
    const isTooLong = Buffer.byteLength(text) > BUFFER_BYTES_MAX;
    const kept = isTooLong ? tailBytes(text, BUFFER_BYTES_MAX) : text;
    this.#texts.push(kept);
    this.#bytes += Buffer.byteLength(kept);
    while (this.#texts.length > BUFFER_ENTRIES_MAX || this.#bytes > BUFFER_BYTES_MAX) {
      this.#bytes -= Buffer.byteLength(this.#texts.shift() ?? '');
    }
    this.#view = undefined;
  }

  /** A frozen copy, the same one until the next push. */
  get texts(): readonly string[] {
    this.#view ??= Object.freeze([...this.#texts]);
    return this.#view;
  }
}
