/** Tools about sessions that are there: get_session, list_sessions and attach_session. */

import { z } from 'zod';
import { LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX } from '../limits.ts';
import { LABEL, parseLabel } from '../session/label.ts';
import type { Session } from '../session/session.ts';
import { SESSION_STATUSES } from '../session/status.ts';
import { cursorText, parseCursor } from '../views/cursor.ts';
import { ICONS } from '../views/icons.ts';
import { fittingIn } from '../views/room.ts';
import { rulesView, showRules } from '../views/rules.ts';
import { sessionView, showSession } from '../views/session.ts';
import { mcpSessionOf, scope, sessionId, taskId } from './fields.ts';
import { defineTool } from './tool.ts';

export const getSession = defineTool({
  name: 'get_session',
  title: 'Show a session',
  icons: ICONS.session,
  description:
    'Shows one session, ended or not: its status, turns, pending permission requests, tasks, tokens and cost. Use ' +
    'it for a single look. To wait, call wait_sessions instead of polling this. To see what Claude did, call ' +
    'read_events.',
  effect: 'read',
  input: z.object({ sessionId }),
  output: z.object({ session: sessionView, rules: rulesView.optional() }),
  async run(args, { service, caller }) {
    const { session, remembered } = await service.sessions.inFull(caller, args.sessionId);
    return { session: showSession(session, service.now()), rules: showRules(session, remembered) };
  },
});

export const listSessions = defineTool({
  name: 'list_sessions',
  title: 'List sessions',
  icons: ICONS.session,
  description:
    'Lists your sessions, including ended ones, most recently active first. Use it to find a session again, for ' +
    'example after a reconnect. Each session is returned in full, as by get_session, so filter by status, task or ' +
    'label, or set a low limit. If there are more, the result has a nextCursor: pass it as "cursor".',
  effect: 'read',
  input: z.object({
    scope: scope.optional(),
    status: z
      .enum(SESSION_STATUSES)
      .optional()
      .describe('busy: a turn is running. ready: no turn is running.'),
    taskId: taskId.optional(),
    label: z
      .string()
      .max(300)
      .regex(LABEL, 'must be key=value')
      .optional()
      .describe('A label as key=value, as given to create_session.'),
    needs: z
      .boolean()
      .optional()
      .describe(
        'true: only sessions that need a person: they ask, are in error, or their last turn failed or was lost.',
      ),
    query: z
      .string()
      .max(200)
      .optional()
      .describe('Words that all occur in the name, directory or a task id.'),
    limit: z
      .int()
      .min(1)
      .max(LIST_LIMIT_MAX)
      .default(LIST_LIMIT_DEFAULT)
      .describe('Maximum number of sessions. A page may have fewer.'),
    cursor: z.string().min(1).max(500).optional().describe('nextCursor of the previous page.'),
  }),
  output: z.object({ sessions: z.array(sessionView), nextCursor: z.string().optional() }),
  async run(args, { service, caller }) {
    const { status, taskId, limit } = args;
    const query = {
      principal: caller.principal,
      limit,
      mcpSessionId: mcpSessionOf(caller, args.scope),
      status,
      taskId,
      needsPerson: args.needs,
      words: args.query?.toLowerCase().split(/\s+/).filter(Boolean),
      label: args.label === undefined ? undefined : parseLabel(args.label),
      cursor: args.cursor === undefined ? undefined : parseCursor(args.cursor),
    };
    const show = (session: Session) => showSession(session, service.now());
    const { sessions, next } = await service.sessions.page(query, (found) =>
      fittingIn(found.map(show)),
    );
    return {
      sessions: sessions.map(show),
      nextCursor: next && cursorText(next),
    };
  },
});

export const attachSession = defineTool({
  name: 'attach_session',
  title: 'Attach a session',
  icons: ICONS.session,
  description:
    'Ties one of your sessions to this MCP session, so that you can change it although another of your clients ' +
    'holds it and is still connected. You need this only after a CONFLICT: if the other client is gone, your first ' +
    'change ties the session automatically.',
  effect: 'note',
  input: z.object({ sessionId }),
  output: z.object({ session: sessionView }),
  async run(args, { service, caller }) {
    const session = await service.sessions.attach(caller, args.sessionId);
    return { session: showSession(session, service.now()) };
  },
});
