/** `npm run chaos`: a run of servers under kills and stops; exit code 0 where every promise held. */

import { parseArgs } from 'node:util';
import { MUTANTS } from './mutants.ts';
import { runChaos, type Verdict } from './run.ts';

const SHOWN_MAX = 20;
const NAME_WIDTH = 26;

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
  killShare: 0.2,
  say: (line) => process.stderr.write(`chaos: ${line}\n`),
});
process.stdout.write(values.json ? `${JSON.stringify(verdict)}\n` : `${tableOf(verdict)}\n`);
process.exit(verdict.violations.length === 0 ? 0 : 1);

function tableOf({ summary, violations, directory }: Verdict): string {
  const rows = Object.entries(summary).map(([name, value]) => `${label(name)}${shown(value)}`);
  const found = violations.slice(0, SHOWN_MAX).map((line) => `  ${line}`);
  const more = violations.length > SHOWN_MAX ? ['  …'] : [];
  const kept = violations.length > 0 ? [`kept in ${directory}`] : [];
  return [...rows, `${label('violations')}${violations.length}`, ...found, ...more, ...kept].join(
    '\n',
  );
}

/** `refusedWrites` reads as "refused writes". */
function label(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).padEnd(NAME_WIDTH);
}

function shown(value: number | Readonly<Record<string, number>>): string {
  if (typeof value === 'number') return String(value);
  const parts = Object.entries(value).map(([name, count]) => `${name} ${count}`);
  return parts.join(', ') || 'none';
}
