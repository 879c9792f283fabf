import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SUM_MAX, SUM_USD_MAX, TURN_TOKENS_MAX, TURN_USD_MAX } from '../../src/limits.ts';
import type { Usage } from '../../src/session/event.ts';
import {
  addUsage,
  addUsageByModel,
  NO_USAGE,
  soundTurnUsage,
  soundUsage,
  subtractUsageByModel,
} from '../../src/session/usage.ts';

const figures = fc.oneof(
  fc.double(),
  fc.nat(),
  fc.maxSafeInteger(),
  fc.constantFrom(2 ** 53, 1e300, 12.5, -5, '7', null, undefined, Number.NaN, SUM_MAX, SUM_USD_MAX),
);

const raw = fc.record({
  inputTokens: figures,
  outputTokens: figures,
  cacheReadTokens: figures,
  cacheWriteTokens: figures,
  costUsd: figures,
});

function expectSound({ costUsd, ...tokens }: Usage): void {
  for (const figure of Object.values(tokens)) {
    expect(Number.isSafeInteger(figure) && figure >= 0, String(figure)).toBe(true);
  }
  expect(costUsd >= 0 && costUsd <= SUM_USD_MAX, String(costUsd)).toBe(true);
}

describe('usage from outside', () => {
  it.each([
    [12.5, 13],
    [-5, 0],
    ['7', 0],
    [null, 0],
    [Number.NaN, 0],
    [2 ** 53, TURN_TOKENS_MAX],
    [1e300, TURN_TOKENS_MAX],
    [Number.POSITIVE_INFINITY, TURN_TOKENS_MAX],
    [TURN_TOKENS_MAX + 1, TURN_TOKENS_MAX],
  ])('takes %s tokens for %s', (given, taken) => {
    expect(soundTurnUsage({ ...NO_USAGE, inputTokens: given }).inputTokens).toBe(taken);
  });

  it.each([
    [0.125, 0.125],
    [-1, 0],
    [Number.NaN, 0],
    ['7', 0],
    [1e300, TURN_USD_MAX],
  ])('takes %s dollars for %s', (given, taken) => {
    expect(soundTurnUsage({ ...NO_USAGE, costUsd: given }).costUsd).toBe(taken);
  });

  it('is whole, finite and within the bounds, whatever came', () => {
    fc.assert(
      fc.property(raw, (given) => {
        expectSound(soundUsage(given));
        const turn = soundTurnUsage(given);
        expectSound(turn);
        expect(turn.inputTokens).toBeLessThanOrEqual(TURN_TOKENS_MAX);
        expect(turn.costUsd).toBeLessThanOrEqual(TURN_USD_MAX);
      }),
    );
  });
});

describe('sums of usage', () => {
  it('stay within the bounds, however much is added and taken out', () => {
    const step = fc.tuple(fc.constantFrom('a', 'b'), raw.map(soundUsage), fc.boolean());
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        let total = NO_USAGE;
        let byModel = {};
        for (const [model, usage, isAdded] of steps) {
          total = addUsage(total, usage);
          const change = isAdded ? addUsageByModel : subtractUsageByModel;
          byModel = change(byModel, { [model]: usage });
          for (const sum of [total, ...Object.values<Usage>(byModel)]) expectSound(sum);
        }
      }),
    );
  });

  it('stop at the bound', () => {
    const most = { ...NO_USAGE, inputTokens: SUM_MAX, costUsd: SUM_USD_MAX };
    expect(addUsage(most, { ...most, outputTokens: 7 })).toEqual({ ...most, outputTokens: 7 });
  });
});
