/** The resources, in the order in which they are listed. */

import { EVENTS_LIMIT_MAX } from '../limits.ts';
import { replyJson, showEvents } from '../views/events.ts';
import { ICONS } from '../views/icons.ts';
import { showMetrics } from '../views/metrics.ts';
import { showRules } from '../views/rules.ts';
import { showSession } from '../views/session.ts';
import type { FixedResource, SessionResource } from './resource.ts';
import { type Facet, METRICS_URI, sessionUri } from './uris.ts';

export const METRICS: FixedResource = {
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

export const OF_SESSION: Readonly<Record<Facet, SessionResource>> = {
  record: {
    uriTemplate: sessionUri('{id}', 'record'),
    name: 'session',
    title: 'Session',
    description:
      'One session, as get_session returns it: status, turns, tasks, tokens, cost, and its rules.',
    mimeType: 'application/json',
    icons: ICONS.session,
    annotations: { audience: ['user', 'assistant'], priority: 0.5 },
    listed: true,
    async read({ sessionId }, { service, caller }) {
      const { session, remembered } = await service.sessions.inFull(caller, sessionId);
      const rules = showRules(session, remembered);
      return JSON.stringify({ ...showSession(session, service.now()), rules }, null, 2);
    },
  },
  transcript: {
    uriTemplate: sessionUri('{id}', 'transcript'),
    name: 'transcript',
    title: 'Transcript',
    description:
      'What a session was asked, said and did, in Markdown for people. A long transcript comes in parts: each ends with ' +
      'the URI of the next, which is this one with ?after= and a seq.',
    mimeType: 'text/markdown',
    icons: ICONS.transcript,
    annotations: { audience: ['user'], priority: 0.8 },
    listed: true,
    async read({ sessionId, after }, { service, caller }) {
      const query = { sessionId, after, limit: EVENTS_LIMIT_MAX };
      const { session, events } = await service.reader.page(caller, query);
      // Loaded when it is needed: it brings a parser of Markdown.
      const { showTranscript } = await import('../views/transcript.ts');
      return showTranscript({ session, events, after }, sessionUri(session.id, 'transcript')).text;
    },
  },
  events: {
    uriTemplate: sessionUri('{id}', 'events'),
    name: 'events',
    title: 'Events',
    description:
      "A session's log in JSON, as read_events returns it, with long texts cut. A long log comes in parts: next is the " +
      'URI of the next part, which is this one with ?after= and a seq. read_events can also wait, and returns whole texts.',
    mimeType: 'application/json',
    icons: ICONS.events,
    annotations: { audience: ['assistant'], priority: 0.3 },
    listed: false,
    async read({ sessionId, after }, { service, caller }) {
      const query = { sessionId, after, limit: EVENTS_LIMIT_MAX };
      const { session, events } = await service.reader.page(caller, query);
      const uri = sessionUri(session.id, 'events');
      const shown = showEvents(events, 'summary', {
        nextAfter: session.lastSeq,
        hasMore: true,
        uri,
      });
      const nextAfter = shown.events.at(-1)?.seq ?? after;
      const hasMore = session.lastSeq > nextAfter;
      const next = hasMore ? `${uri}?after=${nextAfter}` : undefined;
      return replyJson(shown, { nextAfter, hasMore, next });
    },
  },
};
