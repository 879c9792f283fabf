/** The figures for people: a table, with what misses its target marked. */

import { availableParallelism, cpus, loadavg } from 'node:os';
import type { Figure, Target } from './figures.ts';

export type Results = {
  readonly at: string;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  /** Of the last minute, when the run began: what else was at work on the machine. */
  readonly loadBefore: number;
  readonly quick: boolean;
  readonly seconds: number;
  readonly figures: readonly (Figure & { readonly row: string })[];
};

export function machine(): Pick<Results, 'node' | 'cpu' | 'cores' | 'loadBefore'> {
  return {
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    loadBefore: loadavg()[0] ?? 0,
  };
}

const HEAD = ['figure', 'ours', 'held against', '', 'ratio', 'least – most', 'target', ''];

export function table(results: Results): string {
  const lines = [HEAD];
  let row = '';
  for (const figure of results.figures) {
    if (figure.row !== row) lines.push([figure.row.toUpperCase()]);
    row = figure.row;
    lines.push(cellsOf(figure));
  }
  const widths = HEAD.map((_, at) => Math.max(...lines.map((cells) => cells[at]?.length ?? 0)));
  const text = lines.map((cells) => cells.map((cell, at) => padded(cell, at, widths)).join('  '));
  return [...text.map((line) => line.trimEnd()), '', summary(results)].join('\n');
}

function padded(cell: string, column: number, widths: readonly number[]): string {
  const width = widths[column] ?? 0;
  return isNumeric(column) ? cell.padStart(width) : cell.padEnd(width);
}

function summary({ figures, cores, cpu, loadBefore, node, seconds, quick }: Results): string {
  const aimed = figures.filter(({ met }) => met !== undefined);
  const met = aimed.filter((figure) => figure.met);
  if (quick) return 'the short form: it shows that all of it works, not how fast it is';
  const machine = `${cores} × ${cpu}, load before ${loadBefore.toFixed(1)}, Node ${node}`;
  return `${met.length} of ${aimed.length} targets met · ${machine} · ${Math.round(seconds)} s`;
}

function isNumeric(column: number): boolean {
  return column === 1 || column === 3 || column === 4;
}

function cellsOf(figure: Figure): string[] {
  const { name, unit, ours, base, against, ratio, spread, target, met } = figure;
  const verdict = met === undefined ? '' : met ? 'met' : 'MISSED';
  return [
    `  ${name}`,
    `${short(ours)} ${unit}`,
    against,
    short(base),
    ratio === undefined ? '–' : `${ratio.toFixed(2)}×`,
    spread === undefined ? '' : spread.map((end) => end.toFixed(2)).join(' – '),
    target === undefined ? '' : targetText(target, unit),
    verdict,
  ];
}

function targetText(target: Target, unit: string): string {
  if ('ratioAtMost' in target) return `≤ ${target.ratioAtMost.toFixed(2)}×`;
  if ('ratioAtLeast' in target) return `≥ ${target.ratioAtLeast.toFixed(2)}×`;
  if ('oursAtMost' in target) return `≤ ${short(target.oursAtMost)} ${unit}`;
  return `≥ ${short(target.oursAtLeast)} ${unit}`;
}

/** Three significant digits, thousands apart. */
function short(value: number): string {
  return value.toLocaleString('en-GB', { maximumSignificantDigits: value >= 100 ? 4 : 3 });
}
