import { z } from 'zod';
import { LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX } from '../limits.ts';
import { LABEL, parseLabel } from '../session/label.ts';
import { SESSION_STATUSES } from '../session/status.ts';
import { cursorText, parseCursor } from '../views/cursor.ts';
import { ICONS } from '../views/icons.ts';
import { sessionView, showSession } from '../views/session.ts';
import { mcpSessionOf, scope, taskId } from './fields.ts';
import { defineTool } from './tool.ts';

export const listSessions = defineTool({
  name: 'list_sessions',
  title: 'List sessions',
  icons: ICONS.session,
  description:
    'Lists your sessions, newest activity first, ended ones too. Use it to find a session again, for instance ' +
    'after a reconnect. Each is shown whole, as by get_session: narrow the list by status, task or label, or ' +
    'ask for few. A page has a nextCursor where there is more: pass it as "cursor".',
  hints: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.object({
    scope: scope.optional(),
    status: z.enum(SESSION_STATUSES).optional().describe('busy: a turn runs; ready: none does.'),
    taskId: taskId.optional(),
    label: z
      .string()
      .max(300)
      .regex(LABEL, 'must be key=value')
      .optional()
      .describe('key=value, as given to create_session.'),
    limit: z
      .int()
      .min(1)
      .max(LIST_LIMIT_MAX)
      .default(LIST_LIMIT_DEFAULT)
      .describe('Most sessions.'),
    cursor: z.string().max(500).optional().describe('The nextCursor of the page before.'),
  }),
  output: z.object({ sessions: z.array(sessionView), nextCursor: z.string().optional() }),
  async run(args, { service, caller }) {
    const { status, taskId, limit } = args;
    const mcpSessionId = mcpSessionOf(caller, args.scope);
    const { sessions, next } = await service.sessions.page({
      principal: caller.principal,
      limit,
      ...(mcpSessionId !== undefined && { mcpSessionId }),
      ...(status && { status }),
      ...(taskId !== undefined && { taskId }),
      ...(args.label !== undefined && { label: parseLabel(args.label) }),
      ...(args.cursor !== undefined && { cursor: parseCursor(args.cursor) }),
    });
    return {
      sessions: sessions.map((session) => showSession(session, service.now())),
      ...(next && { nextCursor: cursorText(next) }),
    };
  },
});
