/** How sums are shown. */

import { z } from 'zod';
import type { Metrics } from '../session/metrics.ts';

const count = z.int().min(0);

export const metricsView = z.object({
  totalSessions: count.describe('Ended ones included.'),
  activeSessions: count.describe('Ready or busy.'),
  errorSessions: count,
  averageSessionDuration: z.number().min(0).describe('Milliseconds, over the ended sessions.'),
  busySessions: count,
  queuedTurns: count,
  completedTurns: count,
  failedTurns: count,
  pendingPermissions: count,
  inputTokens: count,
  outputTokens: count,
  cacheReadTokens: count,
  cacheWriteTokens: count,
  costUsd: z.number(),
  uptimeMs: z.number().min(0),
});

export function showMetrics(sums: Metrics, uptimeMs: number): z.infer<typeof metricsView> {
  return { ...showSums(sums), uptimeMs };
}

/** Without what only a server knows. */
export function showSums(sums: Metrics): Omit<z.infer<typeof metricsView>, 'uptimeMs'> {
  const { endedSessions, endedDurationMs, ...shown } = sums;
  return {
    ...shown,
    averageSessionDuration: endedSessions === 0 ? 0 : endedDurationMs / endedSessions,
  };
}
