/** The table of resources, in the order in which they are listed. */

import { eventsResource } from './events-resource.ts';
import { metricsResource } from './metrics-resource.ts';
import type { FixedResource, SessionResource } from './resource.ts';
import { sessionResource } from './session-resource.ts';
import { transcriptResource } from './transcript-resource.ts';
import type { Facet } from './uris.ts';

export const METRICS: FixedResource = metricsResource;

export const OF_SESSION: Readonly<Record<Facet, SessionResource>> = {
  record: sessionResource,
  transcript: transcriptResource,
  events: eventsResource,
};
