/**
 * `npm run crash`: rounds of kill -9 under load. Exit code 0 where nothing acknowledged was lost, 1 where
 * something was.
 */

import { runCrash } from './crash-run.ts';
import { optionsOf } from './options.ts';
import { report } from './report.ts';

const { json, ...options } = optionsOf({ rounds: 200, seed: 1, json: false });
const say = (line: string): boolean => process.stderr.write(`crash: ${line}\n`);
process.exit(report(await runCrash({ ...options, acknowledgedPerRound: 5, say }), json));
