/** The parts of a Markdown page that a test can compare with the program: sections, code blocks and tables. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/client/program.ts';

/** Every page for users. */
export const PAGES: readonly string[] = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

export function page(name: string): string {
  return readFileSync(join(ROOT, name), 'utf8');
}

/** The text below a heading of the second level. */
export function sectionOf(text: string, heading: string): string {
  const [, after] = text.split(`\n## ${heading}\n`);
  if (after === undefined) throw new Error(`no section ${heading}`);
  return after.split('\n## ')[0] ?? '';
}

/** The code blocks in a language. `PATH_TO` is replaced by this clone. */
export function blocksOf(text: string, language: string): string[] {
  const blocks = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)];
  return blocks
    .filter(([, of]) => of === language)
    .map(([, , block = '']) => block.replaceAll('PATH_TO', ROOT));
}

/** The cells of all table rows in a text, without the heads. */
export function rowsOf(text: string): string[][] {
  const lines = text.split('\n');
  const rows = lines.filter(
    (line, at) =>
      line.startsWith('|') && !line.startsWith('|---') && !lines[at + 1]?.startsWith('|---'),
  );
  return rows.map((row) =>
    row
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** The first cells of the tables below a heading, without backticks. */
export function firstCells(text: string, heading: string): string[] {
  return rowsOf(sectionOf(text, heading)).map(([cell = '']) => cell.replaceAll('`', ''));
}
