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

/** Takes out what {@link addUsageByModel} has put in; a model of which nothing is left goes. */
export function subtractUsageByModel(a: UsageByModel, b: UsageByModel): UsageByModel {
  const sums = new Map(Object.entries(a));
  for (const [model, usage] of Object.entries(b)) {
    const name = sums.has(model) ? model : OTHER_MODELS;
    const left = subtractUsage(sums.get(name) ?? NO_USAGE, usage);
    if (Object.values(left).some(Boolean)) sums.set(name, left);
    else sums.delete(name);
  }
  return Object.fromEntries(sums);
}

function subtractUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: Math.max(0, a.inputTokens - b.inputTokens),
    outputTokens: Math.max(0, a.outputTokens - b.outputTokens),
    cacheReadTokens: Math.max(0, a.cacheReadTokens - b.cacheReadTokens),
    cacheWriteTokens: Math.max(0, a.cacheWriteTokens - b.cacheWriteTokens),
    costUsd: Math.max(0, roundUsd(a.costUsd - b.costUsd)),
  };
}

export function totalOf(byModel: UsageByModel): Usage {
  return Object.values(byModel).reduce(addUsage, NO_USAGE);
}

export function roundUsd(dollars: number): number {
  return Math.round(dollars * 1e9) / 1e9;
}
