/** One soak: many sessions in one server for a time, and then what is left of them. */

import { setTimeout as sleep } from 'node:timers/promises';
import { processesWith } from '../demo/processes.ts';
import { whileMeasured } from '../rig/memory.ts';
import { type Random, seeded } from '../rig/random.ts';
import { count } from '../rig/report.ts';
import { longRun, within } from '../rig/run.ts';
import { ToolError } from '../support/client/tools.ts';
import { descriptors } from '../support/gauge.ts';
import { ACTS } from './acts.ts';
import { Done, Life, type Soak } from './life.ts';

/** Much shorter than an operator's, so that eviction and resume happen all the time. */
const FLAGS = ['--idle-evict-ms', '3000', '--max-live', '12'];
const PROGRESS_MS = 30_000;
const SETTLED_MS_MAX = 10_000;
const PAUSE_MS_MAX = 2000;

export const soak = longRun({
  flags: {
    minutes: 30,
    /** Unless 0, in place of the minutes. */
    seconds: { usual: 0, least: 0 },
    seed: 1,
    sessions: 20,
  },

  async run(rig, { minutes, seconds, seed, sessions }) {
    const { place, violations, say } = rig;
    const client = await place.connect('v2 legacy', FLAGS);
    const { pid } = client;
    const done = new Done();
    const soaked: Soak = { ...rig, client, done };
    await warmUp(soaked);
    const descriptorsBefore = descriptors(pid);
    const duration = seconds || minutes * 60;
    const until = performance.now() + duration * 1000;
    const progress = setInterval(() => {
      say(`${JSON.stringify(done.turns)}, ${violations.length} violations`);
    }, PROGRESS_MS);
    const live = async () => {
      const lives = Array.from({ length: sessions }, (_, index) => {
        const life = new Life(soaked, `session-${index}`);
        return liveUntil(until, life, soaked, seeded(seed * 1000 + index));
      });
      await Promise.all(lives);
    };
    let [processesLeft, descriptorsLeft] = [0, 0];
    /** When every session has ended, after the moment that closing takes. */
    const settle = () =>
      within(SETTLED_MS_MAX, async () => {
        const left = await processesWith(place.scratch);
        processesLeft = left.filter((each) => each !== String(pid)).length;
        descriptorsLeft = Math.max(0, descriptors(pid) - descriptorsBefore);
        return processesLeft + descriptorsLeft === 0;
      });
    const { memoryMib } = await whileMeasured(pid, live, settle);
    clearInterval(progress);
    if (processesLeft > 0) violations.push(`${processesLeft} processes are left`);
    if (descriptorsLeft > 0) violations.push(`${descriptorsLeft} descriptors are left`);
    violations.push(...place.defects().map((message) => `logged: ${message}`));
    return {
      seconds: duration,
      ...done,
      residentMibAtStart: memoryMib.before,
      residentMibMost: memoryMib.most,
      residentMibAtEnd: memoryMib.after,
      processesLeft,
      descriptorsLeft,
    };
  },
});

/** Loads what is loaded once, so that the figures at the start are those of a server that has worked. */
async function warmUp(soaked: Soak): Promise<void> {
  const life = new Life(soaked, 'warm-up');
  await life.begin();
  await life.turn([{ text: 'warm' }], 'completed');
  await life.end();
}

async function liveUntil(until: number, life: Life, soaked: Soak, random: Random): Promise<void> {
  const { done, violations } = soaked;
  /** A call that fails is a violation: nothing that the acts ask for may be refused. */
  const hold = async (act: () => Promise<void>) => {
    try {
      await act();
    } catch (error) {
      if (error instanceof ToolError) count(done.refusals, error.code);
      violations.push(`${life.id}: ${error instanceof Error ? error.message : String(error)}`);
      // Rather than a storm of the same.
      await sleep(PAUSE_MS_MAX);
    }
  };
  await hold(() => life.begin());
  while (performance.now() < until) {
    const act = random.weighted(ACTS);
    count(done.acts, act.name);
    await hold(() => act.run(life, random));
    const left = until - performance.now();
    await sleep(Math.max(0, Math.min(left, random.between(0, PAUSE_MS_MAX))));
  }
  // Whatever came before, it answers at the end.
  await hold(() => life.turn([{ text: 'the last' }], 'completed'));
  await hold(() => life.end());
}
