import { BUFFER_BYTES_MAX, BUFFER_ENTRIES_MAX } from '../limits.ts';

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
    const kept = endOf(text);
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

/** The last BUFFER_BYTES_MAX bytes, begun at a whole character. */
function endOf(text: string): string {
  if (Buffer.byteLength(text) <= BUFFER_BYTES_MAX) return text;
  // Through bytes, since a slice of a string keeps the whole string in memory.
  const bytes = Buffer.from(text.slice(-BUFFER_BYTES_MAX));
  let start = Math.max(0, bytes.length - BUFFER_BYTES_MAX);
  while (isInsideCharacter(bytes[start])) start += 1;
  return bytes.toString('utf8', start);
}

function isInsideCharacter(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0b1100_0000) === 0b1000_0000;
}
