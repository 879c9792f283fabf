/** Sums of tokens and dollars, in all and by model. */

import { MODELS_PER_SUM_MAX } from '../limits.ts';
import type { Usage, UsageByModel } from './event.ts';

export const NO_USAGE: Usage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  costUsd: 0,
};

/** Stands for every model beyond the bound of a sum. */
export const OTHER_MODELS = 'other';

/** Sums two usages. Dollars are kept to a billionth, so that long sums do not drift. */
export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
    cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
    costUsd: roundUsd(a.costUsd + b.costUsd),
  };
}

/** Model by model; past the bound, a model that is not among them yet counts as `other`. */
export function addUsageByModel(a: UsageByModel, b: UsageByModel): UsageByModel {
  const sums = new Map(Object.entries(a));
  for (const [model, usage] of Object.entries(b)) {
    const name = sums.has(model) || sums.size < MODELS_PER_SUM_MAX ? model : OTHER_MODELS;
    sums.set(name, addUsage(sums.get(name) ?? NO_USAGE, usage));
  }
  return Object.fromEntries(sums);
}

export function totalOf(byModel: UsageByModel): Usage {
  return Object.values(byModel).reduce(addUsage, NO_USAGE);
}

export function roundUsd(dollars: number): number {
  return Math.round(dollars * 1e9) / 1e9;
}
