import { expect, test } from 'vitest';
import { runCrash } from './crash-run.ts';

test('ten kills under load lose nothing that was acknowledged', { timeout: 180_000 }, async () => {
  const options = { rounds: 10, seed: 7, acknowledgedPerRound: 1, say: () => {} };
  const { summary, violations } = await runCrash(options);
  expect(violations).toEqual([]);
  expect(summary).toMatchObject({ rounds: 10, lostAcknowledgements: 0, integrityChecks: 2 });
});
