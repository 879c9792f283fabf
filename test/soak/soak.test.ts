import { expect, test } from 'vitest';
import { runSoak } from './run.ts';

test('sessions under everything that is done to them keep what is promised and leave nothing', {
  timeout: 300_000,
}, async () => {
  const { summary, violations } = await runSoak({
    seconds: 20,
    seed: 7,
    sessions: 6,
    say: () => {},
  });
  expect(violations).toEqual([]);
  expect(summary).toMatchObject({ processesLeft: 0, descriptorsLeft: 0 });
  expect(summary.turns.completed).toBeGreaterThan(6);
});
