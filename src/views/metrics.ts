/** Sums over sessions as JSON. */

import { z } from 'zod';
import type { UsageByModel } from '../session/event.ts';
import type { Metrics } from '../session/metrics.ts';
import { countView, usageView } from './session.ts';

export const metricsView = z.object({
  totalSessions: countView.describe('Including ended sessions.'),
  activeSessions: countView.describe('Ready or busy.'),
  errorSessions: countView,
  averageSessionDuration: z.number().min(0).describe('Milliseconds, averaged over ended sessions.'),
  busySessions: countView,
  queuedTurns: countView,
  completedTurns: countView,
  failedTurns: countView.describe('Including lost turns.'),
  pendingPermissions: countView,
  ...usageView.shape,
  usageByModel: z
    .record(z.string(), usageView)
    .optional()
    .describe('The same tokens and dollars by model.'),
  uptimeMs: z.number().min(0),
});

export function showMetrics(
  { sums, usageByModel }: { readonly sums: Metrics; readonly usageByModel: UsageByModel },
  uptimeMs: number,
): z.infer<typeof metricsView> {
  return {
    ...showSums(sums),
    usageByModel: Object.keys(usageByModel).length > 0 ? usageByModel : undefined,
    uptimeMs,
  };
}

/** Without the fields that only a server knows. */
export function showSums(
  sums: Metrics,
): Omit<z.infer<typeof metricsView>, 'uptimeMs' | 'usageByModel'> {
  const { endedSessions, endedDurationMs, ...shown } = sums;
  return {
    ...shown,
    averageSessionDuration: endedSessions === 0 ? 0 : endedDurationMs / endedSessions,
  };
}
