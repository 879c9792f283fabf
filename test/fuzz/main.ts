/**
 * `npm run fuzz`: hostile inputs to the built program over stdio and HTTP, counted by kind and outcome. Exit code 0 where
 * nothing but errors for the reader came of them. Flags: --seconds, --count, --seed, --json.
 */

import { parseArgs } from 'node:util';
import { report } from '../chaos/report.ts';
import { runFuzz } from './run.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    count: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const verdict = await runFuzz({
  seconds: Number(values.seconds),
  count: Number(values.count),
  seed: Number(values.seed),
});
process.exit(report(verdict, values.json));
