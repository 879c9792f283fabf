/** How deep and how wide JSON text from outside may be, looked at before it is parsed. */

import { MESSAGE_DEPTH_MAX, MESSAGE_ELEMENTS_MAX } from './connection-limits.ts';

export type JsonBounds = {
  readonly depthMax: number;
  /** For the elements and members of the whole text together. */
  readonly elementsMax: number;
};

export const MESSAGE_BOUNDS: JsonBounds = {
  depthMax: MESSAGE_DEPTH_MAX,
  elementsMax: MESSAGE_ELEMENTS_MAX,
};

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/**
 * How UTF-8 JSON text breaks the bounds, or undefined. They keep parsing cheap, and `JSON.stringify` from overflowing the
 * stack. Says nothing about text that is not JSON.
 */
export function shapeProblem(bytes: Uint8Array, bounds = MESSAGE_BOUNDS): string | undefined {
  let depth = 0;
  let elements = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) at = endOfString(bytes, at);
    else if (CLOSING.has(byte)) depth -= 1;
    else if (OPENING.has(byte)) depth += 1;
    if (byte === COMMA || OPENING.has(byte)) elements += 1;
    if (depth > bounds.depthMax) return `nested deeper than ${bounds.depthMax} levels`;
    if (elements > bounds.elementsMax) return `more than ${bounds.elementsMax} elements`;
  }
  return undefined;
}

// In UTF-8 the bytes of all other characters are above 0x7f, so none of them looks like a quote.
function endOfString(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}
