/** The text that Claude is writing, at the bottom of the screen, until its event takes its place. */

import type { Unfinished } from '../service/unfinished.ts';
import { clockTime } from '../views/figures.ts';
import { besideHead, COLUMN_GAP, screenLines, styled, wrap } from '../views/screen.ts';
import type { Terminal } from './terminal.ts';

/** Maximum number of lines shown: the last ones. What is above the screen could not be replaced. */
const LINES_MAX = 12;
const WORD = 'writes';

export class LiveText {
  readonly #terminal: Terminal;
  /** The width of the columns before the text. */
  readonly #margin: number;
  #shown = '';

  constructor(terminal: Terminal, margin: number) {
    this.#terminal = terminal;
    this.#margin = margin;
  }

  /** What to write so that `text` follows what was printed last, and the unfinished text follows it. */
  after(text: string, unfinished: Unfinished | undefined): string {
    const shown = unfinished === undefined ? '' : this.#lines(unfinished);
    if (text === '' && shown === this.#shown) return '';
    const replaced = erased(this.#shown);
    this.#shown = shown;
    return replaced + text + shown;
  }

  #lines({ at, text }: Unfinished): string {
    const { rows, columns } = this.#terminal;
    if (rows === undefined || columns === undefined || text.trim() === '') return '';
    const max = Math.min(LINES_MAX, rows - 1);
    const width = columns - this.#margin;
    // What is further back is cut off anyway, and wrapping takes time.
    const end = text.slice(-max * width);
    const lines = screenLines(end).flatMap((line) => wrap(line, width));
    const time = styled(this.#terminal, 'dim', clockTime(at));
    const word = styled(this.#terminal, 'cyan', WORD.padEnd(this.#margin - TIME_WIDTH));
    const head = `${time}${COLUMN_GAP}${word}`;
    return besideHead(head, this.#margin, lines.slice(-max));
  }
}

const TIME_WIDTH = 'hh:mm:ss'.length + COLUMN_GAP.length;

/** Moves up over the lines, and clears the screen from there. */
function erased(lines: string): string {
  const count = lines.split('\n').length - 1;
  return count === 0 ? '' : `\u001b[${count}A\u001b[J`;
}
