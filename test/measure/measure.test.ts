import { expect, onTestFinished, test } from 'vitest';
import { RigPlace } from '../rig/place.ts';
import { measureInterrupts, measureVolume } from './measure.ts';

const OPTIONS = { timeout: 120_000 };

async function openPlace(): Promise<RigPlace> {
  const place = await RigPlace.open();
  onTestFinished(() => place.remove());
  return place;
}

test.each(['words', 'shell'] as const)(
  'a great volume of output (%s) passes through a server without filling it',
  OPTIONS,
  async (source) => {
    const { movedMib } = await measureVolume(await openPlace(), source, 200);
    expect(movedMib).toBeLessThan(64);
  },
);

test.each(['stream', 'tool'] as const)(
  'each interrupt in a %s is answered once the turn has stopped',
  OPTIONS,
  async (stopped) => {
    expect((await measureInterrupts(await openPlace(), stopped, 2)).count).toBe(2);
  },
);
