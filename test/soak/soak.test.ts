import { expect, test } from 'vitest';
import { carryOut } from '../rig/run.ts';
import { soak } from './soak.ts';

test('sessions under everything that is done to them keep what is promised and leave nothing', {
  timeout: 300_000,
}, async () => {
  const options = { minutes: 1, seconds: 20, seed: 7, sessions: 6 };
  const { summary, violations } = await carryOut(soak, options);
  expect(violations).toEqual([]);
  expect(summary).toMatchObject({ processesLeft: 0, descriptorsLeft: 0 });
  expect(summary.turns.completed).toBeGreaterThan(6);
});
