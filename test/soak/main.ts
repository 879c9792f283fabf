/**
 * `npm run soak`: the real program and the real Claude Code against the stand-in, under everything that clients, people
 * and the API do to sessions. Exit code 0 where every promise held. Flags: --minutes (30), --seed, --sessions, --json.
 */

import { parseArgs } from 'node:util';
import { report } from '../chaos/report.ts';
import { runSoak } from './run.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    sessions: { type: 'string', default: '20' },
    json: { type: 'boolean', default: false },
  },
});
const verdict = await runSoak({
  seconds: Number(values.minutes) * 60,
  seed: Number(values.seed),
  sessions: Number(values.sessions),
  say: (line) => process.stderr.write(`soak: ${line}\n`),
});
process.exit(report(verdict, values.json));
