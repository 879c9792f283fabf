import { EVENTS_LIMIT_MAX } from '../limits.ts';
import { ICONS } from '../views/icons.ts';
import { showTranscript } from '../views/transcript.ts';
import type { SessionResource } from './resource.ts';
import { sessionUri } from './uris.ts';

export const transcriptResource: SessionResource = {
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
    return showTranscript({ session, events, after }, sessionUri(sessionId, 'transcript')).text;
  },
};
