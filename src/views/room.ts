/** The room that is left in a reply. */

import { REPLY_SUMMARY_MAX } from '../limits.ts';
import { weightOf } from './weight.ts';

export class Room {
  #bytes: number;
  #weight: number;

  /** @param weightMax about in tokens; any number if absent */
  constructor(max: { readonly bytesMax: number; readonly weightMax?: number }) {
    this.#bytes = max.bytesMax;
    this.#weight = max.weightMax ?? Number.POSITIVE_INFINITY;
  }

  /** Takes the room that a piece of JSON needs; false if there was not enough. */
  take(json: string): boolean {
    this.#bytes -= Buffer.byteLength(json);
    if (this.#weight < Number.POSITIVE_INFINITY) this.#weight -= weightOf(json);
    return this.#bytes >= 0 && this.#weight >= 0;
  }
}

/** How many of the pieces there is room for in a reply by default, from the first on. */
export function fittingIn(pieces: readonly object[]): number {
  const room = new Room(REPLY_SUMMARY_MAX);
  const tooMuch = pieces.findIndex((piece) => !room.take(`${JSON.stringify(piece)},`));
  return tooMuch === -1 ? pieces.length : tooMuch;
}
