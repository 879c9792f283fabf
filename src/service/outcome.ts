/** What the end of a turn says beside its state. */

import type { TurnOutcome } from '../session/decide.ts';
import type { UsageByModel } from '../session/event.ts';
import { addUsageByModel, totalOf } from '../session/usage.ts';
import { type Loss, lossOf } from './loss.ts';

/** Nothing that Claude Code does will go well before a person has done something: signed in, added credit. */
export function needsPerson({ error }: TurnOutcome): boolean {
  return error?.code === 'UNAVAILABLE' && !error.retryable;
}

/** The same end, with what a turn that is told as part of this one has used. */
export function withUsage(outcome: TurnOutcome, more: UsageByModel | undefined): TurnOutcome {
  if (more === undefined) return outcome;
  const usageByModel = addUsageByModel(outcome.usageByModel ?? {}, more);
  return { ...outcome, usageByModel, usage: totalOf(usageByModel) };
}

/** The same end, lost if its session was given up: part of the turn is missing from the log, however it came out. */
export function lostFor(turnId: string, outcome: TurnOutcome, loss: Loss | undefined): TurnOutcome {
  return loss ? { ...outcome, state: 'lost', error: lossOf(turnId, loss) } : outcome;
}
