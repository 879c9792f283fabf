/** Rows and columns: aligned to the width of a terminal, tab-separated for programs. */

import { oneLine } from '../text.ts';
import { COLUMN_GAP, cut, padded, type Screen, type Style, styled, widthOf } from './screen.ts';

export type Column<Row> = {
  readonly title: string;
  /** For programs. */
  text(row: Row): string;
  /** For people, if that is different. */
  shown?(row: Row): string;
  style?(row: Row): Style | undefined;
  /** Aligned to the right. */
  readonly isNumber?: boolean;
  /** May be cut to fit the width. */
  readonly isCut?: boolean;
  /** Left out if there is no room for it. */
  readonly isExtra?: boolean;
};

/** A column is never cut to less than this, nor to less than its title. */
const CUT_COLUMNS_MIN = 8;

/** One line per row, with all columns. */
export function tabSeparated<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = rows.map((row) => columns.map((column) => oneLine(column.text(row))).join('\t'));
  return lines.map((line) => `${line}\n`).join('');
}

/** With a line of titles. Empty columns are left out. */
export function aligned<Row>(
  screen: Screen,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): string {
  const all = columns
    .map((column) => filled(column, rows))
    .filter(({ cells }) => cells.some((cell) => cell !== ''));
  const { shown, widths } = fitted(all, screen.columns ?? Number.POSITIVE_INFINITY);
  const lineOf = (cell: (of: Filled<Row>) => readonly [string | undefined, Style | undefined]) => {
    const cells = shown.map((each, at) => {
      const [text = '', style] = cell(each);
      const isLast = at === shown.length - 1;
      return styled(screen, style, placed(text, widths[at] ?? 0, each.column, isLast));
    });
    return `${cells.join(COLUMN_GAP)}\n`;
  };
  const titles = lineOf(({ column }) => [column.title, 'dim']);
  const lines = rows.map((row, at) =>
    lineOf(({ column, cells }) => [cells[at], column.style?.(row)]),
  );
  return titles + lines.join('');
}

type Filled<Row> = { readonly column: Column<Row>; readonly cells: readonly string[] };

function filled<Row>(column: Column<Row>, rows: readonly Row[]): Filled<Row> {
  return { column, cells: rows.map((row) => oneLine((column.shown ?? column.text)(row))) };
}

function fitted<Row>(all: readonly Filled<Row>[], columnsMax: number) {
  const isTooWide = (some: readonly Filled<Row>[]) =>
    lineWidth(some.map(naturalWidth)) > columnsMax;
  const shown = isTooWide(all) ? all.filter(({ column }) => !column.isExtra) : all;
  const widths = shown.map(naturalWidth);
  for (let over = lineWidth(widths) - columnsMax; over > 0; over -= 1) {
    shrinkWidest(widths, shown);
  }
  return { shown, widths };
}

function naturalWidth<Row>({ column, cells }: Filled<Row>): number {
  // Not `Math.max(...)`: there may be more cells than a call can take arguments.
  return cells.reduce((width, cell) => Math.max(width, widthOf(cell)), column.title.length);
}

function lineWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + COLUMN_GAP.length * (widths.length - 1);
}

function shrinkWidest(widths: number[], shown: readonly Filled<never>[]): void {
  const spare = widths.map((width, at) => {
    const { isCut, title = '' } = shown[at]?.column ?? {};
    return isCut && width > Math.max(CUT_COLUMNS_MIN, title.length) ? width : 0;
  });
  const widest = Math.max(...spare);
  if (widest > 0) widths[spare.indexOf(widest)] = widest - 1;
}

function placed<Row>(cell: string, width: number, column: Column<Row>, isLast: boolean): string {
  const text = cut(cell, width);
  if (column.isNumber) return ' '.repeat(Math.max(0, width - widthOf(text))) + text;
  return isLast ? text : padded(text, width);
}
