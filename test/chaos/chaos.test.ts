import { expect, test } from 'vitest';
import { duel } from './duel.ts';
import { runChaos } from './run.ts';

test('servers under kills and stops for a minute keep every promise', {
  timeout: 400_000,
}, async () => {
  const options = { seconds: 60, servers: 4, sessions: 20, mutant: 'none', seed: 3 } as const;
  const { violations } = await runChaos({ ...options, share: 0.1, say: () => {} });
  expect(violations).toEqual([]);
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
