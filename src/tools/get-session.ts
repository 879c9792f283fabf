import { z } from 'zod';
import { ICONS } from '../views/icons.ts';
import { sessionView, showSession } from '../views/session.ts';
import { sessionId } from './fields.ts';
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
  output: z.object({ session: sessionView }),
  async run(args, { service, caller }) {
    const session = await service.sessions.get(caller, args.sessionId);
    return { session: showSession(session, service.now()) };
  },
});
