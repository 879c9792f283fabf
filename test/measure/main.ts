/**
 * `npm run measure`: how soon an interrupt has stopped a turn, and what a great volume of output does to the server's
 * memory. The real program, against the stand-in. Flags: --interrupts, --mib, --json.
 */

import { parseArgs } from 'node:util';
import { report } from '../chaos/report.ts';
import { measureInterrupts } from './interrupts.ts';
import { measureVolume } from './volume.ts';

const { values } = parseArgs({
  options: {
    interrupts: { type: 'string', default: '20' },
    mib: { type: 'string', default: '1024' },
    json: { type: 'boolean', default: false },
  },
});
const count = Number(values.interrupts);
const mib = Number(values.mib);
const summary = {
  interruptMsInTheStream: await measureInterrupts('stream', count),
  interruptMsInATool: await measureInterrupts('tool', count),
  wordsOfClaude: await measureVolume('words', mib),
  outputOfAShell: await measureVolume('shell', mib),
};
process.exit(report({ summary, violations: [], directory: '' }, values.json));
