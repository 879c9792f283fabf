import { expect, test } from 'vitest';
import { runCrash } from './crash-run.ts';

test('ten kills under load lose nothing that was acknowledged', { timeout: 60_000 }, async () => {
  const { summary, violations } = await runCrash({ rounds: 10, seed: 7, say: () => {} });
  expect(violations).toEqual([]);
  expect(summary).toMatchObject({ rounds: 10, lostAcknowledgements: 0, integrityChecks: 2 });
});
