/**
 * `npm run bench`: what the program costs beside the floor below it, measured side by side. Prints a table and writes
 * `bench/results.json`; `docs/benchmarks.md` says what each figure means. Flags: --only ROW[,ROW], --json, --quick.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Place } from './place.ts';
import { machine, type Results, table } from './report.ts';
import { ROWS } from './rows/index.ts';
import type { Row } from './rows/row.ts';
import { FULL, QUICK, type Scale } from './scale.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
  },
});

const rows = chosen(values.only.flatMap((names) => names.split(',')));
const results = await run(rows, values.quick ? QUICK : FULL);
const json = `${JSON.stringify(results, null, 2)}\n`;
if (!values.quick) writeFileSync(join(import.meta.dirname, 'results.json'), json);
process.stdout.write(values.json ? json : `${table(results)}\n`);
process.exit(0);

function chosen(names: readonly string[]): readonly Row[] {
  const unknown = names.find((name) => !ROWS.some((row) => row.name === name));
  if (unknown === undefined)
    return ROWS.filter(({ name }) => names.length === 0 || names.includes(name));
  const known = ROWS.map(({ name, about }) => `  ${name.padEnd(10)} ${about}`).join('\n');
  process.stderr.write(`bench: there is no row ${unknown}; there are\n${known}\n`);
  process.exit(2);
}

async function run(rows: readonly Row[], scale: Scale): Promise<Results> {
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  const about = { at: new Date().toISOString(), ...machine(), quick: scale.quick };
  const place = new Place();
  const figures: Results['figures'][number][] = [];
  try {
    for (const row of rows) {
      const say = (line: string) =>
        process.stderr.write(`bench ${seconds().toFixed(0).padStart(4)} s  ${row.name}: ${line}\n`);
      say(row.about);
      const found = await row.run({ scale, place, say });
      figures.push(...found.map((figure) => ({ row: row.name, ...figure })));
    }
  } finally {
    await place.remove();
  }
  return { ...about, seconds: seconds(), figures };
}
