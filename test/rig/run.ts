/** What all long runs have in common: a place, a seed, progress, and a verdict. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Flags, Options } from './options.ts';
import { RigPlace } from './place.ts';
import type { Figures, Verdict } from './report.ts';

const POLL_MS = 50;

export type Rig = {
  readonly place: RigPlace;
  /** What should not have happened. The run fails if there is anything. */
  readonly violations: string[];
  /** Reports progress. */
  say(line: string): void;
};

export type LongRun<F extends Flags = Flags, S extends Figures = Figures> = {
  readonly flags: F;
  /** Returns the figures of the run, once all that it started has ended. */
  run(rig: Rig, options: Options<F>): Promise<S>;
};

/** Lets the flags and figures of a run be inferred. */
export function longRun<const F extends Flags, S extends Figures>(
  run: LongRun<F, S>,
): LongRun<F, S> {
  return run;
}

/** Carries out a run in a place of its own, whose files are kept if it does not go well. */
export async function carryOut<F extends Flags, S extends Figures>(
  { run }: LongRun<F, S>,
  options: Options<F>,
  say: (line: string) => void = () => {},
): Promise<Verdict<S>> {
  const place = await RigPlace.open();
  const violations: string[] = [];
  let isGood = false;
  try {
    const summary = await run({ place, violations, say }, options);
    isGood = violations.length === 0;
    return { summary, violations, directory: place.scratch };
  } finally {
    await (isGood ? place.remove() : place.close());
  }
}

/** Waits until something is so. Returns whether it is, in the end. */
export async function within(ms: number, isSo: () => boolean | Promise<boolean>): Promise<boolean> {
  const until = performance.now() + ms;
  while (!(await isSo())) {
    if (performance.now() > until) return false;
    await sleep(POLL_MS);
  }
  return true;
}

/** Rejects if the promise does not settle in time. */
export async function inTime<T>(ms: number, promise: Promise<T>): Promise<T> {
  const settled = new AbortController();
  const late = sleep(ms, undefined, { signal: settled.signal }).then(() => {
    throw new Error(`nothing came within ${ms} ms`);
  });
  return await Promise.race([promise, late]).finally(() => settled.abort());
}

/** Runs `count` jobs, `width` at a time. */
export async function inTurns(
  count: number,
  width: number,
  run: (n: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) {
      next += 1;
      await run(next - 1);
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
}
