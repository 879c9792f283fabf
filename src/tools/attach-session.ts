import { z } from 'zod';
import { ICONS } from '../views/icons.ts';
import { sessionView, showSession } from '../views/session.ts';
import { sessionId } from './fields.ts';
import { defineTool } from './tool.ts';

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
