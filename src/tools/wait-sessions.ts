import { z } from 'zod';
import { WAIT_MS_DEFAULT, WAIT_SESSIONS_MAX } from '../limits.ts';
import { ICONS } from '../views/icons.ts';
import { sessionView, showSession } from '../views/session.ts';
import { sessionId, waitMs } from './fields.ts';
import { defineTool } from './tool.ts';

export const waitSessions = defineTool({
  name: 'wait_sessions',
  title: 'Wait for sessions',
  icons: ICONS.events,
  description:
    'Waits until any (or all) of several sessions need you: a session needs you if nothing is running or queued in ' +
    'it, or if it has an open permission request. Use this to wait: one call watches up to 100 sessions, and a long ' +
    'wait costs no more tokens than a short one. If "ready" is empty, all of them are still working: call it again. ' +
    'A session that is already idle counts as ready. Then, for each ready session, call list_permission_requests if ' +
    'it has pendingPermissions, otherwise read_events.',
  effect: 'read',
  input: z.object({
    sessionIds: z
      .array(sessionId)
      .min(1)
      .max(WAIT_SESSIONS_MAX)
      .describe('All sessions to wait for, in one call.'),
    for: z
      .enum(['any', 'all'])
      .default('any')
      .describe('any: return when the first is ready. all: return when every one is.'),
    until: z
      .enum(['attention', 'turn_end'])
      .default('attention')
      .describe(
        'attention: the end of a turn or a permission request. turn_end: the end of a turn only.',
      ),
    waitMs: waitMs.default(WAIT_MS_DEFAULT),
  }),
  output: z.object({
    ready: z.array(z.string()).describe('Ids of the sessions that need you.'),
    sessions: z.array(sessionView),
  }),
  waits: ({ waitMs }) => waitMs > 0,
  async run(args, { service, caller, signal, watch }) {
    const found = await service.reader.waitFor(caller, { ...args, signal, watch });
    return {
      ready: found.ready,
      sessions: found.sessions.map((session) => showSession(session, service.now())),
    };
  },
});
