/**
 * `npm run crash`: rounds of kill -9 under load. Exit code 0 where nothing acknowledged was lost.
 * Flags: --rounds, --seed, --json.
 */

import { parseArgs } from 'node:util';
import { runCrash } from './crash-run.ts';
import { report } from './report.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const verdict = await runCrash({
  rounds: Number(values.rounds),
  seed: Number(values.seed),
  say: (line) => process.stderr.write(`crash: ${line}\n`),
});
process.exit(report(verdict, values.json));
