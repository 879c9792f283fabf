import { z } from 'zod';
import { WAIT_MS_DEFAULT, WAIT_SESSIONS_MAX } from '../limits.ts';
import { sessionView, showSession } from '../views/session.ts';
import { sessionId, waitMs } from './fields.ts';
import { defineTool } from './tool.ts';

export const waitSessions = defineTool({
  name: 'wait_sessions',
  title: 'Wait for sessions',
  description:
    'Waits until any (or all) of several sessions need you: a turn has ended, or a permission request is open. One call ' +
    'watches up to 100 sessions and costs almost no tokens. A session that is idle already counts as ready. Then read ' +
    'what happened with read_events, or answer with answer_permission_request.',
  hints: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.object({
    sessionIds: z.array(sessionId).min(1).max(WAIT_SESSIONS_MAX),
    for: z.enum(['any', 'all']).default('any'),
    until: z.enum(['attention', 'turn_end']).default('attention'),
    waitMs: waitMs.default(WAIT_MS_DEFAULT),
  }),
  output: z.object({
    ready: z.array(z.string()).describe('Ids of the sessions that are ready.'),
    sessions: z.array(sessionView),
  }),
  async run(args, { service, caller, signal, watch }) {
    const sessionIds = [...new Set(args.sessionIds)];
    const query = { ...args, sessionIds, signal, watch };
    const found = await service.reader.waitFor(caller, query);
    return { ready: found.ready, sessions: found.sessions.map(showSession) };
  },
});
