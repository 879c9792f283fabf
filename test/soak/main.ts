/**
 * `npm run soak`: the real program and the real Claude Code against the stand-in, under everything that clients, people
 * and the API do to sessions. Exit code 0 where every promise held. Flags: --seconds, --seed, --sessions, --json.
 */

import { parseArgs } from 'node:util';
import { report } from '../chaos/report.ts';
import { runSoak } from './run.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '1800' },
    seed: { type: 'string', default: '1' },
    sessions: { type: 'string', default: '20' },
    json: { type: 'boolean', default: false },
  },
});
const verdict = await runSoak({
  seconds: Number(values.seconds),
  seed: Number(values.seed),
  sessions: Number(values.sessions),
  say: (line) => process.stderr.write(`soak: ${line}\n`),
});
process.exit(report(verdict, values.json));
