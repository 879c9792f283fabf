/** What sessions of a soak do, each act with how often it comes and what must follow from it. */

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../rig/random.ts';
import type { Step } from '../support/messages-api.ts';
import { APART } from '../support/processes.ts';
import type { Life } from './life.ts';

const EVICTED_AFTER_MS = 4000;
const FAULTS = [
  { status: 400 },
  { status: 401 },
  { status: 404 },
  { status: 429, headers: { 'retry-after': '1' } },
  { status: 500 },
  { status: 529 },
  { drop: 'start' },
] as const satisfies Step[];
const GLITCHES = [
  { status: 529, times: 1 },
  { sseError: 'overloaded_error', times: 1 },
  { drop: 'mid', times: 1 },
] as const satisfies Step[];
/** Stands still until it is stopped, with a process that has left its group. */
const SHELL: Step = {
  tool: 'Bash',
  input: {
    command: `: > "$TMPDIR/held"; ${APART} tail -f "$TMPDIR/held" & nohup tail -f "$TMPDIR/held" & tail -f "$TMPDIR/held"`,
  },
};

type Act = {
  readonly name: string;
  readonly weight: number;
  run(life: Life, random: Random): Promise<void>;
};

async function talk(life: Life, random: Random): Promise<void> {
  await life.turn([{ bigText: random.between(1, 20_000), chunks: 5 }], 'completed');
}

async function endAndBegin(life: Life): Promise<void> {
  await life.end();
  await life.begin();
}

/** Interrupts a turn of this one step after a while. */
async function interrupted(life: Life, step: Step, ms: number): Promise<void> {
  const turn = await life.send([step]);
  await sleep(ms);
  await life.interrupt();
  await life.ended(turn, 'interrupted', 'cancelled');
}

export const ACTS: readonly Act[] = [
  { name: 'talk', weight: 6, run: talk },
  {
    name: 'work',
    weight: 5,
    run: async (life) => {
      const step = { text: 'a', tool: 'Bash', input: { command: 'seq 1 2000' } };
      await life.turn([step, { text: 'b' }], 'completed');
    },
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
      const write = { tool: 'Write', input: { file_path: file, content: 'x' } };
      const turn = await life.send([write, { text: 'written, or not' }]);
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
      const hang = random.chance(0.5) ? 'mid' : 'headers';
      await interrupted(life, { text: 'half', hang }, random.between(0, 3000));
    },
  },
  {
    name: 'interrupt a shell',
    weight: 3,
    run: (life, random) => interrupted(life, SHELL, random.between(0, 4000)),
  },
  {
    name: 'fault',
    weight: 4,
    run: async (life, random) => {
      await life.turn([random.pick(FAULTS)], 'failed');
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
      await talk(life, random);
    },
  },
  {
    name: 'end in a shell',
    weight: 2,
    run: async (life, random) => {
      await life.send([SHELL]);
      await sleep(random.between(0, 4000));
      await endAndBegin(life);
    },
  },
  { name: 'end', weight: 2, run: endAndBegin },
  { name: 'fork', weight: 1, run: (life) => life.fork() },
];
