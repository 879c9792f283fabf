/**
 * `npm run chaos`: servers on one state directory under load, kills and stops. Exit code 0 where every
 * promise held. Flags: --seconds, --seed, --servers, --sessions, --mutant, --json.
 */

import { parseArgs } from 'node:util';
import { MUTANTS } from './mutants.ts';
import { report } from './report.ts';
import { runChaos } from './run.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    servers: { type: 'string', default: '4' },
    sessions: { type: 'string', default: '20' },
    mutant: { type: 'string', default: 'none' },
    json: { type: 'boolean', default: false },
  },
});
const mutant = MUTANTS.find((known) => known === values.mutant);
if (mutant === undefined) throw new Error(`--mutant must be one of ${MUTANTS.join(', ')}`);

const verdict = await runChaos({
  seconds: Number(values.seconds),
  seed: Number(values.seed),
  servers: Number(values.servers),
  sessions: Number(values.sessions),
  mutant,
  say: (line) => process.stderr.write(`chaos: ${line}\n`),
});
process.exit(report(verdict, values.json));
