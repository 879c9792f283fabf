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
  /** Left out if the main column would become too narrow. */
  readonly isDispensable?: boolean;
  /** Says most: may be cut, but others are cut first. */
  readonly isMain?: boolean;
};

/** In what order columns are cut, and to what width at least; never to less than their titles. */
const CUTS = [
  { isMain: true, columnsMin: 40 },
  { isMain: false, columnsMin: 16 },
  { isMain: true, columnsMin: 24 },
  { isMain: false, columnsMin: 10 },
  { isMain: true, columnsMin: 16 },
  { isMain: false, columnsMin: 8 },
  { isMain: true, columnsMin: 8 },
] as const;
/** Extra columns are shown only if no more cuts than these make room for them, and dispensable ones only with these. */
const CUTS_WITH_EXTRA = CUTS.slice(0, 1);
const CUTS_WITH_DISPENSABLE = CUTS.slice(0, 5);

/** One line per row, with all columns. */
export function tabSeparated<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = rows.map((row) => columns.map((column) => oneLine(column.text(row))).join('\t'));
  return lines.map((line) => `${line}\n`).join('');
}

/**
 * With a line of titles. Empty columns are left out.
 *
 * @param below lines below a row, which must fit
 */
export function aligned<Row>(
  screen: Screen,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  below: (row: Row) => readonly string[] = () => [],
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
  const lines = rows.map((row, at) => {
    const line = lineOf(({ column, cells }) => [cells[at], column.style?.(row)]);
    return [line, ...below(row).map((more) => `${more}\n`)].join('');
  });
  return titles + lines.join('');
}

type Filled<Row> = { readonly column: Column<Row>; readonly cells: readonly string[] };

function filled<Row>(column: Column<Row>, rows: readonly Row[]): Filled<Row> {
  return { column, cells: rows.map((row) => oneLine((column.shown ?? column.text)(row))) };
}

function fitted<Row>(all: readonly Filled<Row>[], columnsMax: number): Fitted<Row> {
  const most = all.filter(({ column }) => !column.isExtra);
  const least = most.filter(({ column }) => !column.isDispensable);
  return (
    cutTo(columnsMax, all, CUTS_WITH_EXTRA) ??
    cutTo(columnsMax, most, CUTS_WITH_DISPENSABLE) ??
    fewest(columnsMax, least)
  );
}

/** As many columns as there is room for: those on the left, and the main one. */
function fewest<Row>(columnsMax: number, shown: readonly Filled<Row>[]): Fitted<Row> {
  const fit = cutTo(columnsMax, shown, CUTS);
  const last = shown.findLastIndex(({ column }, at) => at > 0 && !column.isMain);
  if (fit !== undefined || last === -1) return fit ?? { shown, widths: shown.map(naturalWidth) };
  return fewest(columnsMax, shown.toSpliced(last, 1));
}

type Fitted<Row> = {
  readonly shown: readonly Filled<Row>[];
  readonly widths: readonly number[];
};

/** Undefined if the cuts do not make it narrow enough. */
function cutTo<Row>(
  columnsMax: number,
  shown: readonly Filled<Row>[],
  cuts: readonly (typeof CUTS)[number][],
): Fitted<Row> | undefined {
  const widths = shown.map(naturalWidth);
  for (const cut of cuts) shrink(widths, shown, { ...cut, columnsMax });
  return lineWidth(widths) <= columnsMax ? { shown, widths } : undefined;
}

type Cut = { readonly isMain: boolean; readonly columnsMin: number; readonly columnsMax: number };

/** Makes the widest of these columns narrower, until the line fits or none of them can be. */
function shrink<Row>(widths: number[], shown: readonly Filled<Row>[], cut: Cut): void {
  for (let over = lineWidth(widths) - cut.columnsMax; over > 0; over -= 1) {
    const spare = widths.map((width, at) => {
      const { isCut, isMain = false, title = '' } = shown[at]?.column ?? {};
      const mayShrink = (isCut || isMain) && isMain === cut.isMain;
      return mayShrink && width > Math.max(cut.columnsMin, title.length) ? width : 0;
    });
    const widest = Math.max(...spare);
    if (widest === 0) return;
    widths[spare.indexOf(widest)] = widest - 1;
  }
}

function naturalWidth<Row>({ column, cells }: Filled<Row>): number {
  // Not `Math.max(...)`: there may be more cells than a call can take arguments.
  return cells.reduce((width, cell) => Math.max(width, widthOf(cell)), column.title.length);
}

function lineWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + COLUMN_GAP.length * (widths.length - 1);
}

function placed<Row>(cell: string, width: number, column: Column<Row>, isLast: boolean): string {
  const text = cut(cell, width);
  if (column.isNumber) return ' '.repeat(Math.max(0, width - widthOf(text))) + text;
  return isLast ? text : padded(text, width);
}
