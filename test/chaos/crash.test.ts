import { test as base, expect } from 'vitest';
import { carryOut } from '../rig/run.ts';
import { lacksBash } from '../support/needs.ts';
import { crash } from './crash.ts';

const test = base.skipIf(lacksBash);

test.each(['auto', 'supervisor', 'portable'] as const)(
  'ten kills under load lose nothing that was acknowledged, and leave no process, with the guard %s',
  { timeout: 180_000 },
  async (guard) => {
    const options = { rounds: 10, seed: 7, acknowledgedPerRound: 1, guard };
    const { summary, violations } = await carryOut(crash, options);
    expect(violations).toEqual([]);
    expect(summary).toMatchObject({ rounds: 10, lostAcknowledgements: 0, integrityChecks: 2 });
  },
);
