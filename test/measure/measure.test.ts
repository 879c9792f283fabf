import { expect, test } from 'vitest';
import { measureInterrupts } from './interrupts.ts';
import { measureVolume } from './volume.ts';

const OPTIONS = { timeout: 120_000 };

test.each(['words', 'shell'] as const)(
  'a great volume of output (%s) passes through a server without filling it',
  OPTIONS,
  async (source) => {
    const { movedMib } = await measureVolume(source, 200);
    expect(movedMib).toBeLessThan(64);
  },
);

test.each(['stream', 'tool'] as const)(
  'each interrupt in a %s is answered once the turn has stopped',
  OPTIONS,
  async (where) => {
    expect((await measureInterrupts(where, 2)).count).toBe(2);
  },
);
