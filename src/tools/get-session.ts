import { z } from 'zod';
import { sessionView, showSession } from '../views/session.ts';
import { sessionId } from './fields.ts';
import { defineTool } from './tool.ts';

export const getSession = defineTool({
  name: 'get_session',
  title: 'Show a session',
  description:
    'Shows one session: its status, turns, pending permission requests, tasks, tokens and cost; ended sessions too. ' +
    'Use it for a quick look; read_events says what Claude did, and can wait for it.',
  hints: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  input: z.object({ sessionId }),
  output: z.object({ session: sessionView }),
  async run(args, { service, caller }) {
    return { session: showSession(await service.sessions.get(caller, args.sessionId)) };
  },
});
