/** One run: so many inputs of every kind, over both transports, and what came of them. */

import { existsSync, readFileSync } from 'node:fs';
import { type Random, seeded } from '../chaos/random.ts';
import type { Verdict } from '../chaos/report.ts';
import { makeFolder, startBuiltHttp } from '../support/built.ts';
import { mostMib } from '../support/gauge.ts';
import { HTTP_KINDS, HttpTarget } from './http.ts';
import { HEAVY } from './inputs.ts';
import { STDIO_KINDS, StdioTarget, stdioInput } from './stdio.ts';
import { Tally } from './tally.ts';

const HEAVY_ONE_IN = 20;
const ALIVE_EVERY = 100;
const ERROR_LEVEL = 50;

export type FuzzOptions = {
  readonly seed: number;
  /** Whichever comes first. */
  readonly seconds: number;
  readonly count: number;
};

export async function runFuzz({ seed, seconds, count }: FuzzOptions): Promise<Verdict> {
  const folder = await makeFolder('fuzz');
  const tally = new Tally();
  const http = await startBuiltHttp([
    ...folder.flags,
    '--no-auth',
    '--http-mode',
    'dual',
    '--rate-limit',
    '100000',
  ]);
  const overStdio = new StdioTarget(folder.flags, tally);
  const overHttp = new HttpTarget(http.url, tally);
  await overStdio.initialize();
  await overHttp.initialize();
  const until = Date.now() + seconds * 1000;
  const random = seeded(seed);
  let inputs = 0;
  for (const kind of kindsIn(random)) {
    if (inputs >= count || Date.now() > until) break;
    inputs += 1;
    const inputSeed = random.between(0, 2 ** 31);
    if (kind.over === 'stdio') await overStdio.try(kind.name, stdioInput(kind.name, inputSeed));
    else await overHttp.try(kind.name, inputSeed);
    if (inputs % ALIVE_EVERY === 0 && !(await overHttp.isAlive())) {
      tally.violations.push(`after ${inputs} inputs an ordinary request over HTTP fails`);
    }
  }
  const mostMibs = { stdio: mostMib(overStdio.pid), http: mostMib(http.child.pid) };
  const codes = [await overStdio.end(), await http.stop()];
  if (codes.some((code) => code !== 0)) tally.violations.push(`exit codes ${codes.join(' and ')}`);
  tally.violations.push(...defectsIn(folder.log));
  if (tally.violations.length === 0) await folder.remove();
  const summary = { inputs, seed, memoryMibMost: mostMibs, ...tally.table() };
  return { summary, violations: tally.violations, directory: folder.directory };
}

type Kind = { readonly over: 'stdio' | 'http'; readonly name: string };

const KINDS: readonly Kind[] = [
  ...STDIO_KINDS.map((name) => ({ over: 'stdio', name }) as const),
  ...HTTP_KINDS.map((name) => ({ over: 'http', name }) as const),
];

/** Each of them once, and then without end as chance has it. */
function* kindsIn(random: Random): Generator<Kind> {
  yield* KINDS;
  for (;;) {
    const kind = random.pick(KINDS);
    if (kind !== undefined && (!HEAVY.has(kind.name) || random.chance(1 / HEAVY_ONE_IN)))
      yield kind;
  }
}

/** Whatever was logged as an error: no input may lead to one. */
function defectsIn(log: string): string[] {
  if (!existsSync(log)) return [];
  const lines = readFileSync(log, 'utf8').split('\n').filter(Boolean);
  return lines
    .filter((line) => JSON.parse(line).level >= ERROR_LEVEL)
    .map((line) => `logged: ${line}`);
}
