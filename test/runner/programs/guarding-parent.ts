/**
 * Starts a shell under a guard and then lives until it is killed: `guarding-parent.ts TITLE MARKER DIRECTORY`. The shell
 * leaves a child in a session of its own, as Claude Code's shells do. Prints `ready` once both run.
 */

import { pino } from 'pino';
import { spawnGuarded } from '../../../src/runner/process.ts';
import { Supervisor } from '../../../src/runner/supervisor.ts';
import { APART } from '../../support/processes.ts';
import { guardCases } from '../guards.ts';

const [title, marker, directory] = process.argv.slice(2);
if (marker === undefined || directory === undefined)
  throw new Error('usage: TITLE MARKER DIRECTORY');
const found = guardCases(directory).find((each) => each.title === title);
if (found === undefined) throw new Error(`${title} does not work here`);
const { guard, system } = found;
if (guard.name === 'supervisor') {
  const log = pino({ level: 'info' }, pino.destination(2));
  await new Supervisor({ system, directory, log }).watch(marker);
}
const { child } = spawnGuarded(
  {
    command: 'sh',
    args: ['-c', `${APART} sleep 600 & echo ready; wait`],
    cwd: undefined,
    env: { PATH: process.env.PATH, CLAUDE_SESSIONS_MARKER: marker },
  },
  guard,
);
child.stdout.on('data', (chunk: Buffer) => process.stdout.write(chunk));
setInterval(() => undefined, 60_000);
