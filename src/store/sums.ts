/** Which sums a write changes, and by what, said without a database. */

import type { UsageByModel } from '../session/event.ts';
import {
  combine,
  contributionOf,
  differenceOf,
  type Metrics,
  mcpSessionScope,
  NO_METRICS,
  scopesOf,
} from '../session/metrics.ts';
import type { Session } from '../session/session.ts';
import { addUsageByModel, subtractUsageByModel } from '../session/usage.ts';
import type { Sums } from './store.ts';

/** What one scope of a principal counts more and less from now on. */
export type SumChange = {
  readonly principal: string;
  readonly scope: string;
  /** To be added; figures may be negative. */
  readonly metrics: Metrics;
  readonly grown: UsageByModel;
  readonly gone: UsageByModel;
};

export const NO_SUMS: Sums = { metrics: NO_METRICS, usageByModel: {} };

/** A scope that the session has entered gets all it counts for, one that it has left loses it. */
export function sumChangesOf(before: Session | undefined, after: Session): readonly SumChange[] {
  if (before === after) return [];
  const was = before === undefined ? NO_SUMS : sumsOf(before);
  const is = sumsOf(after);
  const left = new Set(before === undefined ? [] : scopesOf(before));
  // Computed once: a session may be linked to a thousand tasks, and most of what is written counts nowhere.
  const change = changeOf(was, is);
  const changes: SumChange[] = [];
  const add = (scope: string, counted: Counted | undefined): void => {
    if (counted !== undefined) changes.push({ principal: after.principal, scope, ...counted });
  };
  for (const scope of scopesOf(after))
    add(scope, left.delete(scope) ? change : changeOf(NO_SUMS, is));
  for (const scope of left) add(scope, changeOf(was, NO_SUMS));
  return changes;
}

/**
 * Takes a session that is to be forgotten out of its MCP session's sums, which nobody can ask for any more. What it
 * counts for its principal and its tasks stays.
 */
export function leaveMcpScope(session: Session): readonly SumChange[] {
  const { principal, mcpSessionId } = session;
  const counted = changeOf(sumsOf(session), NO_SUMS);
  if (mcpSessionId === null || counted === undefined) return [];
  return [{ principal, scope: mcpSessionScope(mcpSessionId), ...counted }];
}

/** The sums after a change: none if no session is left. */
export function changed(sums: Sums, { metrics, grown, gone }: SumChange): Sums {
  const total = combine(sums.metrics, metrics);
  if (total.totalSessions === 0) return NO_SUMS;
  // By what differs, and not by the whole: a sum at its bound would lose what it does not take in first.
  const usageByModel = subtractUsageByModel(addUsageByModel(sums.usageByModel, grown), gone);
  return { metrics: total, usageByModel };
}

function sumsOf(session: Session): Sums {
  return { metrics: contributionOf(session), usageByModel: session.usageByModel ?? {} };
}

type Counted = Omit<SumChange, 'principal' | 'scope'>;

function changeOf(was: Sums, is: Sums): Counted | undefined {
  const metrics = differenceOf(is.metrics, was.metrics);
  if (metrics === undefined) return undefined;
  const grown = subtractUsageByModel(is.usageByModel, was.usageByModel);
  const gone = subtractUsageByModel(was.usageByModel, is.usageByModel);
  return { metrics, grown, gone };
}
