/**
 * Metrics are sums over sessions. Each session contributes a vector that depends on its record
 * alone, so a change of the record changes a sum by the difference, in constant time.
 */

import type { Session } from './session.ts';
import { addCounts, addUsd, roundUsd } from './usage.ts';

export type Metrics = {
  /** Ended sessions included. */
  readonly totalSessions: number;
  /** Ready or busy. */
  readonly activeSessions: number;
  readonly busySessions: number;
  readonly errorSessions: number;
  readonly endedSessions: number;
  /** Sum over the ended sessions, in milliseconds. */
  readonly endedDurationMs: number;
  readonly queuedTurns: number;
  readonly completedTurns: number;
  readonly failedTurns: number;
  readonly pendingPermissions: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly costUsd: number;
};

export const METRIC_NAMES = [
  'totalSessions',
  'activeSessions',
  'busySessions',
  'errorSessions',
  'endedSessions',
  'endedDurationMs',
  'queuedTurns',
  'completedTurns',
  'failedTurns',
  'pendingPermissions',
  'inputTokens',
  'outputTokens',
  'cacheReadTokens',
  'cacheWriteTokens',
  'costUsd',
] as const satisfies readonly (keyof Metrics)[];

export const NO_METRICS: Metrics = {
  totalSessions: 0,
  activeSessions: 0,
  busySessions: 0,
  errorSessions: 0,
  endedSessions: 0,
  endedDurationMs: 0,
  queuedTurns: 0,
  completedTurns: 0,
  failedTurns: 0,
  pendingPermissions: 0,
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  costUsd: 0,
};

/** What one session adds to every sum that counts it. */
export function contributionOf(session: Session): Metrics {
  const { status, turns, usage } = session;
  const ended = status === 'terminated';
  return {
    totalSessions: 1,
    activeSessions: status === 'ready' || status === 'busy' ? 1 : 0,
    busySessions: status === 'busy' ? 1 : 0,
    errorSessions: status === 'error' ? 1 : 0,
    endedSessions: ended ? 1 : 0,
    endedDurationMs: ended ? Math.max(0, (session.endedAt ?? 0) - session.createdAt) : 0,
    queuedTurns: turns.queued,
    completedTurns: turns.completed,
    failedTurns: turns.failed,
    pendingPermissions: session.pendingPermissions,
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    cacheReadTokens: usage.cacheReadTokens,
    cacheWriteTokens: usage.cacheWriteTokens,
    costUsd: usage.costUsd,
  };
}

/** `after - before`, name by name; undefined where nothing differs. */
export function differenceOf(after: Metrics, before: Metrics): Metrics | undefined {
  if (METRIC_NAMES.every((name) => after[name] === before[name])) return undefined;
  const change: Record<keyof Metrics, number> = { ...NO_METRICS };
  for (const name of METRIC_NAMES) change[name] = after[name] - before[name];
  change.costUsd = roundUsd(change.costUsd);
  return change;
}

/** A sum, and what is added to it: sums, or a difference. Every figure stays within its bound. */
export function combine(sum: Metrics, added: Metrics): Metrics {
  const total: Record<keyof Metrics, number> = { ...NO_METRICS };
  for (const name of METRIC_NAMES) total[name] = addCounts(sum[name], added[name]);
  total.costUsd = addUsd(sum.costUsd, added.costUsd);
  return total;
}

/** The scopes that count a session: its principal, each of its tasks, the MCP session it is tied to. */
export function scopesOf(session: Session): readonly string[] {
  return [
    PRINCIPAL_SCOPE,
    ...session.taskIds.map(taskScope),
    ...(session.mcpSessionId === null ? [] : [mcpSessionScope(session.mcpSessionId)]),
  ];
}

export const PRINCIPAL_SCOPE = 'principal';

export function taskScope(taskId: string): string {
  return `task:${taskId}`;
}

export function mcpSessionScope(mcpSessionId: string): string {
  return `mcp:${mcpSessionId}`;
}
