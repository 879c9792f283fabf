/** Hostile inputs of every kind to the built program over both transports, counted by kind and outcome. */

import { join } from 'node:path';
import { type Random, seeded } from '../rig/random.ts';
import { longRun } from '../rig/run.ts';
import { Server } from '../support/client/place.ts';
import { mostMib } from '../support/gauge.ts';
import { HTTP_KINDS, HttpTarget } from './http.ts';
import { HEAVY } from './inputs.ts';
import { STDIO_KINDS, StdioTarget } from './stdio.ts';
import { Tally } from './tally.ts';

const HEAVY_ONE_IN = 20;
const ALIVE_EVERY = 100;
const PROGRESS_EVERY = 1000;

export const fuzz = longRun({
  /** It ends with whichever of seconds and count comes first. */
  flags: { seconds: 60, count: 100_000, seed: 1 },

  async run({ place, violations, say }, { seconds, count, seed }) {
    const tally = new Tally(violations);
    // Sessions are made, and none of them can be run.
    const flags = ['--claude-path', join(place.scratch, 'no-claude')];
    const open = ['--no-auth', '--http-mode', 'dual', '--rate-limit', '100000'];
    const http = await place.startHttp([...flags, ...open]);
    const stdio = new Server(place, { args: flags, keepsOutput: false });
    await stdio.initialize();
    const overStdio = new StdioTarget(stdio, tally);
    const overHttp = await HttpTarget.open(http, tally);
    const until = performance.now() + seconds * 1000;
    const random = seeded(seed);
    let inputs = 0;
    for (const { over, name } of kindsIn(random)) {
      if (inputs >= count || performance.now() > until) break;
      inputs += 1;
      const input = seeded(random.between(0, 2 ** 31));
      await (over === 'stdio' ? overStdio : overHttp).try(name, input);
      if (inputs % PROGRESS_EVERY === 0) say(`${inputs} inputs, ${violations.length} violations`);
      if (inputs % ALIVE_EVERY === 0 && !(await overHttp.isAlive())) {
        violations.push(`after ${inputs} inputs an ordinary request over HTTP fails`);
      }
    }
    const memoryMibMost = { stdio: mostMib(stdio.program.pid), http: mostMib(http.pid) };
    const codes = [await overStdio.end(), (await http.stop()).code];
    if (codes.some((code) => code !== 0)) violations.push(`exit codes ${codes.join(' and ')}`);
    violations.push(...place.defects().map((message) => `logged: ${message}`));
    return { inputs, seed, memoryMibMost, ...tally.counts };
  },
});

const KINDS = [
  ...STDIO_KINDS.map((name) => ({ over: 'stdio', name }) as const),
  ...HTTP_KINDS.map((name) => ({ over: 'http', name }) as const),
];

/** Each kind once, and then at random without end. */
function* kindsIn(random: Random) {
  yield* KINDS;
  for (;;) {
    const kind = random.pick(KINDS);
    if (kind && (!HEAVY.has(kind.name) || random.chance(1 / HEAVY_ONE_IN))) yield kind;
  }
}
