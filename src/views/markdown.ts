/** Foreign text in Markdown: it cannot leave its block, and nothing in it is hidden. */

import { oneLine, shorten, visible } from '../text.ts';

/**
 * A code block that the text cannot end: its fence is longer than any in the text.
 *
 * @param language one word after the opening fence, such as `json`
 */
export function fenced(text: string, language = ''): string {
  const shown = visible(text).trimEnd();
  const fence = '`'.repeat(Math.max(3, longestTicks(shown) + 1));
  return `${fence}${language}\n${shown}\n${fence}`;
}

/** A code span on one line, of at most `charsMax` characters of the text. */
export function inline(text: string, charsMax: number): string {
  const line = shorten(oneLine(text), charsMax);
  if (line === '') return '` `';
  const ticks = '`'.repeat(longestTicks(line) + 1);
  // Markdown drops a space at both ends; it separates the text's own ticks from ours.
  const pad = /^`|`$/.test(line) ? ' ' : '';
  return `${ticks}${pad}${line}${pad}${ticks}`;
}

function longestTicks(text: string): number {
  let longest = 0;
  for (const [ticks] of text.matchAll(/`+/g)) longest = Math.max(longest, ticks.length);
  return longest;
}
