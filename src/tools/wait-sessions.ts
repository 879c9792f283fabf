import { z } from 'zod';
import { WAIT_MS_DEFAULT, WAIT_SESSIONS_MAX } from '../limits.ts';
import type { Session } from '../session/session.ts';
import { ICONS } from '../views/icons.ts';
import { fittingIn } from '../views/room.ts';
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
    omitted: z
      .array(z.string())
      .optional()
      .describe('Ids of the sessions that there was no room for; see get_session.'),
  }),
  waits: ({ waitMs }) => waitMs > 0,
  async run(args, { service, caller, signal, watch }) {
    const found = await service.reader.waitFor(caller, { ...args, signal, watch });
    return { ready: found.ready, ...showFitting(found, service.now()) };
  },
});

type Found = { readonly ready: readonly string[]; readonly sessions: readonly Session[] };

/** The sessions in full if a client's model has room for them; otherwise those that are ready first, and the ids of the rest. */
function showFitting(
  { ready, sessions }: Found,
  now: number,
): { sessions: z.infer<typeof sessionView>[]; omitted?: string[] } {
  const shown = sessions.map((session) => showSession(session, now));
  if (fittingIn(shown) === shown.length) return { sessions: shown };
  const isReady = new Set(ready);
  const sorted = shown.toSorted((a, b) => Number(isReady.has(b.id)) - Number(isReady.has(a.id)));
  const fitting = Math.max(1, fittingIn(sorted));
  return { sessions: sorted.slice(0, fitting), omitted: sorted.slice(fitting).map(({ id }) => id) };
}
