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
    'Ties a session of yours to this MCP session, so that you may change it while another of your clients that held it ' +
    'is still connected. Needed only after a CONFLICT: where the other client is gone, the first change ties by itself.',
  hints: {
    readOnlyHint: false,
    destructiveHint: false,
    idempotentHint: true,
    openWorldHint: false,
  },
  input: z.object({ sessionId }),
  output: z.object({ session: sessionView }),
  async run(args, { service, caller }) {
    return {
      session: showSession(await service.sessions.attach(caller, args.sessionId), service.now()),
    };
  },
});
