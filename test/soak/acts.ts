/** What sessions of a soak do, each act with how often it comes and what must follow from it. */

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../chaos/random.ts';
import type { Step } from '../support/messages-api.ts';
import type { Life } from './life.ts';

const EVICTED_AFTER_MS = 4000;
const FAULTS: readonly Step[] = [
  { status: 400 },
  { status: 401 },
  { status: 404 },
  { status: 429, headers: { 'retry-after': '1' } },
  { status: 500 },
  { status: 529 },
  { drop: 'start' },
];
const GLITCHES: readonly Step[] = [
  { status: 529, times: 1 },
  { sseError: 'overloaded_error', times: 1 },
  { drop: 'mid', times: 1 },
];
/** Stands still until it is stopped, with a process that has left its group. */
const SHELL = 'setsid tail -f /dev/null & nohup tail -f /dev/null & tail -f /dev/null';

type Act = {
  readonly name: string;
  readonly weight: number;
  run(life: Life, random: Random): Promise<void>;
};

const talk: Act = {
  name: 'talk',
  weight: 6,
  run: (life, random) =>
    life.turn([{ bigText: random.between(1, 20_000), chunks: 5 }], 'completed'),
};

export const ACTS: readonly Act[] = [
  talk,
  {
    name: 'work',
    weight: 5,
    run: (life) =>
      life.turn(
        [{ text: 'a', tool: 'Bash', input: { command: 'seq 1 2000' } }, { text: 'b' }],
        'completed',
      ),
  },
  {
    name: 'queue',
    weight: 2,
    run: async (life) => {
      const turns = [await life.send([{ text: 'first' }]), await life.send([{ text: 'second' }])];
      for (const turn of turns) await life.ended(turn, 'completed');
    },
  },
  {
    name: 'permission',
    weight: 4,
    run: async (life, random) => {
      const file = join(life.directory, `file-${random.between(1, 1e9)}`);
      const turn = await life.send([
        { tool: 'Write', input: { file_path: file, content: 'x' } },
        { text: 'written, or not' },
      ]);
      const question = await life.question();
      if (question === undefined) return;
      if (random.chance(0.2)) await life.interrupt();
      else await life.answer(question, random.chance(0.5) ? 'allow' : 'deny');
      await life.ended(turn, 'completed', 'interrupted');
    },
  },
  {
    name: 'interrupt an answer',
    weight: 3,
    run: async (life, random) => {
      const turn = await life.send([
        { text: 'half', hang: random.chance(0.5) ? 'mid' : 'headers' },
      ]);
      await sleep(random.between(0, 3000));
      await life.interrupt();
      await life.ended(turn, 'interrupted', 'cancelled');
    },
  },
  {
    name: 'interrupt a shell',
    weight: 3,
    run: async (life, random) => {
      const turn = await life.send([{ tool: 'Bash', input: { command: SHELL } }]);
      await sleep(random.between(0, 4000));
      await life.interrupt();
      await life.ended(turn, 'interrupted', 'cancelled');
    },
  },
  {
    name: 'fault',
    weight: 4,
    run: async (life, random) => {
      await life.turn([random.pick(FAULTS) ?? {}], 'failed');
      await life.turn([{ text: 'usable again' }], 'completed');
    },
  },
  {
    name: 'glitch',
    weight: 3,
    run: (life, random) =>
      life.turn([{ ...random.pick(GLITCHES), text: 'in the end' }], 'completed'),
  },
  {
    name: 'eviction',
    weight: 2,
    run: async (life, random) => {
      await sleep(EVICTED_AFTER_MS);
      await talk.run(life, random);
    },
  },
  {
    name: 'end in a shell',
    weight: 2,
    run: async (life, random) => {
      await life.send([{ tool: 'Bash', input: { command: SHELL } }]);
      await sleep(random.between(0, 4000));
      await life.end();
      await life.begin();
    },
  },
  {
    name: 'end',
    weight: 2,
    run: async (life) => {
      await life.end();
      await life.begin();
    },
  },
  { name: 'fork', weight: 1, run: (life) => life.fork() },
];

const BY_WEIGHT = ACTS.flatMap((act) => Array<Act>(act.weight).fill(act));

/** As often as its weight says. */
export function pickAct(random: Random): Act {
  return random.pick(BY_WEIGHT) ?? talk;
}
