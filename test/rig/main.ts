/**
 * 0 if every promise held, and 1 if one was broken.
 */

import { chaos } from '../chaos/chaos.ts';
import { crash } from '../chaos/crash.ts';
import { fuzz } from '../fuzz/fuzz.ts';
import { load } from '../load/load.ts';
import { measure } from '../measure/measure.ts';
import { soak } from '../soak/soak.ts';
import { optionsOf } from './options.ts';
import { report } from './report.ts';
import { carryOut, type LongRun } from './run.ts';

const RUNS: Readonly<Record<string, LongRun>> = { chaos, crash, fuzz, load, measure, soak };

const [name = '', ...args] = process.argv.slice(2);
const run = RUNS[name];
if (run === undefined) throw new Error(`${name}: expected one of ${Object.keys(RUNS).join(', ')}`);
const { json, options } = optionsOf(run.flags, args);
const startedAt = performance.now();
const say = (line: string) => {
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  process.stderr.write(`${name}: ${seconds} s: ${line}\n`);
};
process.exit(report(await carryOut(run, options, say), json));
