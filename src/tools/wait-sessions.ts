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
    'Waits until any (or all) of several sessions need you: nothing runs or waits there any more, or a permission request ' +
    'is open. This is the way to wait: one call watches up to 100 sessions, and a long wait costs no more tokens than a ' +
    'short one. An empty "ready" means that all still work: call it again. A session that is idle already counts as ' +
    'ready. Next, for a ready session: list_permission_requests where it has pendingPermissions, else read_events.',
  hints: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.object({
    sessionIds: z
      .array(sessionId)
      .min(1)
      .max(WAIT_SESSIONS_MAX)
      .describe('All the sessions you wait for, in one call.'),
    for: z
      .enum(['any', 'all'])
      .default('any')
      .describe('any: until the first is ready; all: until the last is.'),
    until: z
      .enum(['attention', 'turn_end'])
      .default('attention')
      .describe('attention: a turn end or a permission request; turn_end: a turn end alone.'),
    waitMs: waitMs.default(WAIT_MS_DEFAULT),
  }),
  output: z.object({
    ready: z.array(z.string()).describe('Ids of the sessions that need you.'),
    sessions: z.array(sessionView),
  }),
  async run(args, { service, caller, signal, watch }) {
    const sessionIds = [...new Set(args.sessionIds)];
    const query = { ...args, sessionIds, signal, watch };
    const found = await service.reader.waitFor(caller, query);
    return {
      ready: found.ready,
      sessions: found.sessions.map((session) => showSession(session, service.now())),
    };
  },
});
