/** Every guard that works on this machine, strongest first. */

import { type ProcessGuard, processGuard } from '../../src/runner/process.ts';

const strongest = processGuard();
const weaker: ProcessGuard[] = [
  { name: 'parent-death', prefix: ['setpriv', '--pdeathsig', 'KILL', '--'] },
  { name: 'none', prefix: [] },
];
const start = weaker.findIndex(({ name }) => name === strongest.name) + 1;

export const GUARDS: readonly ProcessGuard[] = [
  strongest,
  ...weaker.slice(process.platform === 'linux' ? start : weaker.length),
];
