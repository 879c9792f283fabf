import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Mutant } from './mutants.ts';
import { type ChaosOptions, runChaos } from './run.ts';

const OPTIONS: Omit<ChaosOptions, 'seed'> = {
  seconds: 12,
  servers: 4,
  sessions: 20,
  mutant: 'none',
  say: () => {},
};
/** What a mutant lacks shows in how servers that stood still go on. */
const MOSTLY_STOPS = { killShare: 0.2 };
/** Timing is the machine's, so a seed that finds a violation today may need the next one tomorrow. */
const SEEDS = [1, 2, 3];

test('servers under kills and stops keep every promise', { timeout: 150_000 }, async () => {
  const { summary, violations } = await runChaos({ ...OPTIONS, seconds: 15, seed: 3 });
  expect(violations).toEqual([]);
  expect(summary.crashes).toBe(0);
});

test('without the fence, a server that wakes up writes into the turns of others', {
  timeout: 450_000,
}, async () => {
  expect(await firstFinding('no-fence', /^(turns interleaved|stale epoch)/)).toBeDefined();
});

test('without the self-fence, processes go on after their session was taken', {
  timeout: 450_000,
}, async () => {
  expect(await firstFinding('no-self-fence', /^(alive after|processes inter)/)).toBeDefined();
});

/** The first violation of the kind that a seed finds. */
async function firstFinding(mutant: Mutant, kind: RegExp): Promise<string | undefined> {
  for (const seed of SEEDS) {
    const options = { ...OPTIONS, ...MOSTLY_STOPS, mutant, seed };
    const { violations, directory } = await runChaos(options);
    rmSync(directory, { recursive: true, force: true });
    const found = violations.find((line) => kind.test(line));
    if (found !== undefined) return found;
  }
  return undefined;
}
