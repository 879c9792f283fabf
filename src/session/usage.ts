/** Sums of tokens and dollars, in all and by model. */

import {
  MODELS_PER_SUM_MAX,
  SUM_MAX,
  SUM_USD_MAX,
  TURN_TOKENS_MAX,
  TURN_USD_MAX,
} from '../limits.ts';
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

/** A usage as it came from outside: any of its figures may be missing, or of another type. */
export type RawUsage = { readonly [Name in keyof Usage]?: unknown };

/**
 * Figures that can be added and stored: whole tokens and finite dollars, none below 0. One that is larger than any
 * sum can be is replaced with the bound of a turn, so that sums can still grow.
 */
export function soundUsage(usage: RawUsage): Usage {
  if (isSound(usage)) return usage;
  return {
    inputTokens: soundTokens(usage.inputTokens),
    outputTokens: soundTokens(usage.outputTokens),
    cacheReadTokens: soundTokens(usage.cacheReadTokens),
    cacheWriteTokens: soundTokens(usage.cacheWriteTokens),
    costUsd: soundUsd(usage.costUsd),
  };
}

/** The same, and no figure above what one turn can be believed to use. */
export function soundTurnUsage(usage: RawUsage): Usage {
  const sound = soundUsage(usage);
  return {
    inputTokens: Math.min(sound.inputTokens, TURN_TOKENS_MAX),
    outputTokens: Math.min(sound.outputTokens, TURN_TOKENS_MAX),
    cacheReadTokens: Math.min(sound.cacheReadTokens, TURN_TOKENS_MAX),
    cacheWriteTokens: Math.min(sound.cacheWriteTokens, TURN_TOKENS_MAX),
    costUsd: Math.min(sound.costUsd, TURN_USD_MAX),
  };
}

/** Each part of it made sound; the names stay. */
export function soundUsageByModel(
  byModel: Readonly<Record<string, RawUsage | null>>,
): UsageByModel {
  const parts = Object.entries(byModel);
  return Object.fromEntries(parts.map(([model, usage]) => [model, soundUsage(usage ?? {})]));
}

/** The same record if its usage is sound, as nearly every one is; otherwise a copy of it that is. */
export function withSoundUsage<T extends Used>(record: T): T {
  const { usage, usageByModel } = record;
  const isWhole = usage === undefined || isSound(usage);
  if (isWhole && Object.values(usageByModel ?? {}).every(isSound)) return record;
  return {
    ...record,
    ...(usage && { usage: soundUsage(usage) }),
    ...(usageByModel && { usageByModel: soundUsageByModel(usageByModel) }),
  };
}

type Used = { readonly usage?: Usage; readonly usageByModel?: UsageByModel };

function isSound(usage: RawUsage | null): usage is Usage {
  if (usage === null) return false;
  const { costUsd } = usage;
  return (
    isCount(usage.inputTokens) &&
    isCount(usage.outputTokens) &&
    isCount(usage.cacheReadTokens) &&
    isCount(usage.cacheWriteTokens) &&
    typeof costUsd === 'number' &&
    costUsd >= 0 &&
    costUsd <= SUM_USD_MAX
  );
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function soundTokens(value: unknown): number {
  if (typeof value !== 'number' || !(value > 0)) return 0;
  return value <= SUM_MAX ? Math.round(value) : TURN_TOKENS_MAX;
}

function soundUsd(value: unknown): number {
  if (typeof value !== 'number' || !(value > 0)) return 0;
  return value <= SUM_USD_MAX ? roundUsd(value) : TURN_USD_MAX;
}

/** Sums two usages; no figure grows past its bound. */
export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: addCounts(a.inputTokens, b.inputTokens),
    outputTokens: addCounts(a.outputTokens, b.outputTokens),
    cacheReadTokens: addCounts(a.cacheReadTokens, b.cacheReadTokens),
    cacheWriteTokens: addCounts(a.cacheWriteTokens, b.cacheWriteTokens),
    costUsd: addUsd(a.costUsd, b.costUsd),
  };
}

/** `b` may be negative. Two whole numbers within the bound never add up to one that compares wrongly with it. */
export function addCounts(a: number, b: number): number {
  return Math.min(Math.max(0, a + b), SUM_MAX);
}

/** Dollars are kept to a billionth, so that long sums do not drift. */
export function addUsd(a: number, b: number): number {
  return Math.min(Math.max(0, roundUsd(a + b)), SUM_USD_MAX);
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
    inputTokens: addCounts(a.inputTokens, -b.inputTokens),
    outputTokens: addCounts(a.outputTokens, -b.outputTokens),
    cacheReadTokens: addCounts(a.cacheReadTokens, -b.cacheReadTokens),
    cacheWriteTokens: addCounts(a.cacheWriteTokens, -b.cacheWriteTokens),
    costUsd: addUsd(a.costUsd, -b.costUsd),
  };
}

export function totalOf(byModel: UsageByModel): Usage {
  return Object.values(byModel).reduce(addUsage, NO_USAGE);
}

export function roundUsd(dollars: number): number {
  return Math.round(dollars * 1e9) / 1e9;
}
