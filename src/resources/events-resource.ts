import { EVENTS_LIMIT_MAX } from '../limits.ts';
import { showEvents } from '../views/events.ts';
import { ICONS } from '../views/icons.ts';
import type { SessionResource } from './resource.ts';
import { sessionUri } from './uris.ts';

export const eventsResource: SessionResource = {
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
    const uri = sessionUri(sessionId, 'events');
    const shown = showEvents(events, 'summary', { nextAfter: session.lastSeq, hasMore: true, uri });
    const nextAfter = shown.at(-1)?.seq ?? after;
    const hasMore = session.lastSeq > nextAfter;
    const next = hasMore ? `${uri}?after=${nextAfter}` : undefined;
    return JSON.stringify({ events: shown, nextAfter, hasMore, next });
  },
};
