/**
 * `npm run chaos`: servers on one state directory under load, kills and stops. Exit code 0 where every
 * promise held, 1 where one was broken.
 */

import { MUTANTS } from './mutants.ts';
import { optionsOf } from './options.ts';
import { report } from './report.ts';
import { runChaos } from './run.ts';

const { json, ...options } = optionsOf({
  seconds: 60,
  seed: 1,
  servers: 4,
  sessions: 20,
  mutant: MUTANTS,
  json: false,
});
const say = (line: string): boolean => process.stderr.write(`chaos: ${line}\n`);
process.exit(report(await runChaos({ ...options, share: 1, say }), json));
