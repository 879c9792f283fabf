import { ICONS } from '../views/icons.ts';
import { showSession } from '../views/session.ts';
import type { SessionResource } from './resource.ts';
import { sessionUri } from './uris.ts';

export const sessionResource: SessionResource = {
  uriTemplate: sessionUri('{id}', 'record'),
  name: 'session',
  title: 'Session',
  description: 'One session, as get_session returns it: status, turns, tasks, tokens, cost.',
  mimeType: 'application/json',
  icons: ICONS.session,
  annotations: { audience: ['user', 'assistant'], priority: 0.5 },
  listed: true,
  async read({ sessionId }, { service, caller }) {
    const session = await service.sessions.get(caller, sessionId);
    return JSON.stringify(showSession(session, service.now()), null, 2);
  },
};
