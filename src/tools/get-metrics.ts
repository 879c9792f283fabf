import { z } from 'zod';
import { SessionError } from '../errors.ts';
import type { MetricsScope } from '../service/metrics-scope.ts';
import { ICONS } from '../views/icons.ts';
import { metricsView, showMetrics } from '../views/metrics.ts';
import { scope, sessionId, taskId } from './fields.ts';
import { defineTool } from './tool.ts';

const input = z.object({
  sessionId: sessionId.optional(),
  taskId: taskId.optional(),
  scope: scope.optional(),
});

export const getMetrics = defineTool({
  name: 'get_metrics',
  title: 'Get metrics',
  icons: ICONS.metrics,
  description:
    'Counts sessions and turns and adds up tokens and cost for all your sessions, one session, or one task. Use it ' +
    'to report what work cost instead of adding up sessions yourself. Totals survive server restarts and include ' +
    'ended sessions.',
  effect: 'read',
  input,
  output: metricsView,
  async run(args, { service, caller }) {
    const measured = await service.sessions.metrics(caller, scopeOf(args));
    return showMetrics(measured, service.uptimeMs());
  },
});

function scopeOf(args: z.infer<typeof input>): MetricsScope {
  const { sessionId, taskId, scope } = args;
  if ([sessionId, taskId, scope].filter((given) => given !== undefined).length > 1) {
    throw new SessionError(
      'INVALID_REQUEST',
      'get_metrics: give only one of sessionId, taskId and scope',
    );
  }
  if (sessionId !== undefined) return { of: 'session', sessionId };
  if (taskId !== undefined) return { of: 'task', taskId };
  return { of: scope === 'mine' ? 'mcpSession' : 'principal' };
}
