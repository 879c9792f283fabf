/**
 * Starts a shell under a guard and then lives until it is killed: `guarding-parent.ts GUARD MARKER`. The shell leaves a
 * child in a session of its own, as Claude Code's shells do. Prints `ready` once both run.
 */

import { spawnGuarded } from '../../../src/runner/process.ts';
import { GUARDS } from '../guards.ts';

const [name, marker] = process.argv.slice(2);
const guard = GUARDS.find((each) => each.name === name);
if (guard === undefined || marker === undefined) throw new Error('usage: GUARD MARKER');
const { child } = spawnGuarded(
  {
    command: 'sh',
    args: ['-c', 'setsid sleep 600 & echo ready; wait'],
    cwd: undefined,
    env: { PATH: process.env.PATH, CLAUDE_SESSIONS_MARKER: marker },
  },
  guard,
);
child.stdout.on('data', (chunk: Buffer) => process.stdout.write(chunk));
setInterval(() => undefined, 60_000);
