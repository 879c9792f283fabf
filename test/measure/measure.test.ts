import { expect, test } from 'vitest';
import { carryOut, longRun, type Rig } from '../rig/run.ts';
import { measureInterrupts, measureVolume } from './measure.ts';

const OPTIONS = { timeout: 120_000 };

async function measured<T extends Record<string, number>>(measure: (rig: Rig) => Promise<T>) {
  const { summary, violations } = await carryOut(longRun({ flags: {}, run: measure }), {});
  expect(violations).toEqual([]);
  return summary;
}

test.each(['words', 'shell'] as const)(
  'a great volume of output (%s) passes through a server without filling it',
  OPTIONS,
  async (source) => {
    const { movedMib } = await measured((rig) => measureVolume(rig, source, 200));
    expect(movedMib).toBeLessThan(64);
  },
);

test.each(['stream', 'tool'] as const)(
  'each interrupt in a %s is answered once the turn has stopped',
  OPTIONS,
  async (stopped) => {
    expect((await measured((rig) => measureInterrupts(rig, stopped, 2))).count).toBe(2);
  },
);
