import { test as base, expect } from 'vitest';
import { carryOut } from '../rig/run.ts';
import { lacksBash } from '../support/needs.ts';
import { chaos } from './chaos.ts';
import { duel } from './duel.ts';

const test = base.skipIf(lacksBash);

test('servers under kills and stops for half a minute keep every promise', {
  timeout: 400_000,
}, async () => {
  const options = {
    seconds: 30,
    servers: 4,
    sessions: 20,
    mutant: 'none',
    seed: 3,
    guard: 'auto',
  } as const;
  const { violations } = await carryOut(chaos, { ...options, percent: 10 });
  expect(violations).toEqual([]);
});

test('and for a few seconds, with nothing but what every POSIX system has', {
  timeout: 180_000,
}, async () => {
  const options = { seconds: 5, servers: 3, sessions: 8, mutant: 'none', seed: 5 } as const;
  const { summary, violations } = await carryOut(chaos, {
    ...options,
    guard: 'portable',
    percent: 10,
  });
  expect(violations).toEqual([]);
  expect(summary.kills + summary.stops).toBeGreaterThan(0);
});

test('a server that stood still through its lease changes nothing when it goes on', {
  timeout: 180_000,
}, async () => {
  expect(await duel('none')).toEqual([]);
});

test.for([
  { mutant: 'no-fence', kind: /^(turns interleaved|stale epoch)/ },
  { mutant: 'no-self-fence', kind: /^alive after lost/ },
] as const)(
  'with $mutant it does, and the checks say so',
  { timeout: 180_000 },
  async ({ mutant, kind }) => {
    const violations = await duel(mutant, kind);
    expect(violations.filter((line) => kind.test(line))).not.toEqual([]);
  },
);
