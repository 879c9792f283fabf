/** Foreign text on a terminal: nothing in it acts there, and it takes the columns it is given. */

import { visible } from '../text.ts';

/** Letters that take two columns, and marks that take none. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3001-\u303e\uff01-\uff60\uffe0-\uffe6]|\ufe0f/u;
const MARK = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;
const PLAIN = /^[\x20-\x7e]*$/;
const TAB = '    ';

const letters = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The text in lines, each without anything that a terminal would obey. */
export function linesOf(text: string): readonly string[] {
  return visible(text).replaceAll('\t', TAB).trimEnd().split('\n');
}

/** The columns that a line takes. */
export function widthOf(line: string): number {
  if (PLAIN.test(line)) return line.length;
  let width = 0;
  for (const { segment } of letters.segment(line)) width += letterWidth(segment);
  return width;
}

/** The beginning of a line, in so many columns. */
export function cut(line: string, columns: number): string {
  return widthOf(line) <= columns ? line : `${head(line, columns - 1)}…`;
}

/** A line as several of two columns or more, broken between words where that can be. */
export function wrap(line: string, columns: number): readonly string[] {
  if (widthOf(line) <= columns) return [line];
  const lines: string[] = [];
  let current = '';
  for (const [word] of line.matchAll(/\s+|\S+/g)) {
    if (widthOf(current) + widthOf(word) <= columns) {
      current += word;
      continue;
    }
    if (current.trim() !== '') lines.push(current.trimEnd());
    current = word.trim() === '' ? '' : word;
    while (widthOf(current) > columns) {
      const first = head(current, columns);
      lines.push(first);
      current = current.slice(first.length);
    }
  }
  return current === '' ? lines : [...lines, current];
}

export function padded(line: string, columns: number): string {
  return line + ' '.repeat(Math.max(0, columns - widthOf(line)));
}

/** As many letters as fit; the widest takes two columns. */
function head(line: string, columns: number): string {
  let taken = '';
  let width = 0;
  for (const { segment } of letters.segment(line)) {
    width += letterWidth(segment);
    if (width > columns) return taken;
    taken += segment;
  }
  return taken;
}

function letterWidth(letter: string): number {
  if (MARK.test(letter)) return 0;
  return WIDE.test(letter) ? 2 : 1;
}
