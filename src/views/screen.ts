/** Text on a screen of so many columns: its width, its lines, its style. Nothing in it acts on a terminal. */

import { styleText } from 'node:util';
import { visible } from '../text.ts';
import { counted } from './figures.ts';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

export type Screen = {
  /** Undefined if the output goes to a program or a file. */
  readonly columns: number | undefined;
  readonly hasColours: boolean;
};

/** Characters that take two columns, and marks that take none. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Yi}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]|\ufe0f/u;
const MARK = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;
const ASCII = /^[\x20-\x7e]*$/;
const TAB = '    ';
/** Between columns. */
export const COLUMN_GAP = '  ';

const letters = new Intl.Segmenter('en', { granularity: 'grapheme' });

export function styled({ hasColours }: Screen, style: Style | undefined, text: string): string {
  if (!hasColours || style === undefined || text === '') return text;
  return styleText(style, text, { validateStream: false });
}

/** The lines of a text, with nothing hidden and no tabs. */
export function screenLines(text: string): readonly string[] {
  return visible(text).replaceAll('\t', TAB).trimEnd().split('\n');
}

/** The first lines, and how many more there are. */
export function firstLines(lines: readonly string[], linesMax = lines.length): readonly string[] {
  const more = lines.length - linesMax;
  return more <= 0 ? lines : [...lines.slice(0, linesMax), `… ${counted(more, 'more line')}`];
}

/** The number of columns that a line takes. */
export function widthOf(line: string): number {
  if (ASCII.test(line)) return line.length;
  let width = 0;
  for (const { segment } of letters.segment(line)) width += letterWidth(segment);
  return width;
}

/** The beginning of a line, in at most `columns` columns. */
export function cut(line: string, columns: number): string {
  return widthOf(line) <= columns ? line : `${head(line, columns - 1)}…`;
}

/** Breaks a line, between words if possible. There must be two columns or more. */
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

/** Puts lines next to a head that takes `width` columns; the further lines are indented. */
export function besideHead(head: string, width: number, lines: readonly string[]): string {
  return lines.map((line, at) => `${at === 0 ? head : ' '.repeat(width)}${line}\n`).join('');
}

export function padded(line: string, columns: number): string {
  return line + ' '.repeat(Math.max(0, columns - widthOf(line)));
}

/** As many characters as fit. */
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
