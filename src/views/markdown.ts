/** Foreign text in Markdown: it stays inside its block, and nothing in it acts on a terminal or a reader. */

import { headOf, visible } from '../text.ts';

/**
 * A block of code that holds the text and ends where the text ends: its fence is longer than any in it.
 *
 * @param language one word for the reader, such as `json`
 */
export function fenced(text: string, language = ''): string {
  const shown = visible(text).trimEnd();
  const fence = '`'.repeat(Math.max(3, longestTicks(shown) + 1));
  return `${fence}${language}\n${shown}\n${fence}`;
}

/** A span of code on one line, cut to so many characters. */
export function inline(text: string, charsMax: number): string {
  const line = cutChars(visible(text).replace(/\s+/g, ' ').trim(), charsMax);
  if (line === '') return '` `';
  const ticks = '`'.repeat(longestTicks(line) + 1);
  // A space at both ends is not shown; it keeps a tick of the text from the ticks around it.
  const pad = /^`|`$/.test(line) ? ' ' : '';
  return `${ticks}${pad}${line}${pad}${ticks}`;
}

/** The beginning of a text, never with half a letter at its end. */
export function cutChars(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  return `${headOf(text, charsMax)}…`;
}

/** The beginning of a text in so many bytes of UTF-8, and a word about what was cut. */
export function cutBytes(text: string, bytesMax: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= bytesMax) return text;
  let end = bytesMax;
  // The bytes of a letter after its first one all begin with the bits 10.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return `${bytes.toString('utf8', 0, end)}… [${bytes.length - end} bytes cut]`;
}

function longestTicks(text: string): number {
  let longest = 0;
  for (const [ticks] of text.matchAll(/`+/g)) longest = Math.max(longest, ticks.length);
  return longest;
}
