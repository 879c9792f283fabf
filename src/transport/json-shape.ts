/** A look at the shape of JSON before it is parsed: what is too deep or too wide costs nothing but this pass. */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

export type JsonBounds = {
  readonly depthMax: number;
  /** Of all elements and members of the whole text together. */
  readonly elementsMax: number;
};

/** What makes this UTF-8 JSON text break the bounds, or undefined. Says nothing about text that is not JSON. */
export function shapeProblem(bytes: Uint8Array, bounds: JsonBounds): string | undefined {
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

// The UTF-8 bytes of other characters are all over 0x7f, so no character can be mistaken for a quote.
function endOfString(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}
