/** The parts of a Markdown page that a test can hold against the program: sections, blocks of code, tables. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/client/program.ts';

export function page(name: string): string {
  return readFileSync(join(ROOT, name), 'utf8');
}

/** What stands under a heading of the second level. */
export function sectionOf(text: string, heading: string): string {
  const [, after] = text.split(`\n## ${heading}\n`);
  if (after === undefined) throw new Error(`no section ${heading}`);
  return after.split('\n## ')[0] ?? '';
}

/** The blocks of code in a language, ready to be tried: `PATH_TO` is this clone. */
export function blocksOf(text: string, language: string): string[] {
  const blocks = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)];
  return blocks
    .filter(([, of]) => of === language)
    .map(([, , block = '']) => block.replaceAll('PATH_TO', ROOT));
}

/** The cells of all rows of the tables in a text, without the head. */
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
