import { ICONS } from '../views/icons.ts';
import { showMetrics } from '../views/metrics.ts';
import type { FixedResource } from './resource.ts';
import { METRICS_URI } from './uris.ts';

export const metricsResource: FixedResource = {
  uri: METRICS_URI,
  name: 'metrics',
  title: 'Metrics of all your sessions',
  description: 'Number of your sessions and turns, and what they cost, as in get_metrics.',
  mimeType: 'application/json',
  icons: ICONS.metrics,
  annotations: { audience: ['user', 'assistant'], priority: 0.6 },
  async read({ service, caller }) {
    const measured = await service.sessions.metrics(caller, { of: 'principal' });
    return JSON.stringify(showMetrics(measured, service.uptimeMs()), null, 2);
  },
};
