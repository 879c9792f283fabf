/** JSON that stays small: the long texts in it are cut, and each says how much. */

import { cutChars } from '../text.ts';

/** Shorter texts are never cut: most of them are ids. */
const KEPT_CHARS_MIN = 16;

/** The value as it is if its JSON has at most `bytesMax` bytes, otherwise with its texts cut; undefined if that is not enough. */
export function cutToFit<Value>(value: Value, bytesMax: number): Value | undefined {
  if (sizeOf(value) <= bytesMax) return value;
  for (let keep = bytesMax / 2; keep >= KEPT_CHARS_MIN; keep /= 2) {
    const cut = cutStrings(value, keep) as Value;
    if (sizeOf(cut) <= bytesMax) return cut;
  }
  return undefined;
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function cutStrings(value: unknown, keep: number): unknown {
  if (typeof value === 'string') return cutChars(value, keep);
  if (Array.isArray(value)) return value.map((item) => cutStrings(item, keep));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, cutStrings(inner, keep)]),
  );
}
