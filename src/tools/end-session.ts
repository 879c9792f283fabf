import { z } from 'zod';
import { REASON_CHARS_MAX } from '../limits.ts';
import { ICONS } from '../views/icons.ts';
import { sessionView, showSession } from '../views/session.ts';
import { sessionId } from './fields.ts';
import { defineTool } from './tool.ts';

export const endSession = defineTool({
  name: 'end_session',
  title: 'End a session',
  icons: ICONS.session,
  description:
    'Ends a session for good: stops the running turn, cancels queued prompts, and returns when every process the ' +
    'session started is gone. Its log, results and cost remain readable. Ending it twice is harmless. To stop only ' +
    'the current turn, use interrupt_session.',
  effect: 'stop',
  input: z.object({
    sessionId,
    reason: z.string().min(1).max(REASON_CHARS_MAX).optional().describe('Reason, for the log.'),
  }),
  output: z.object({
    session: sessionView,
    ended: z.boolean().describe('False if it had already ended.'),
  }),
  async run(args, { service, caller }) {
    const { session, ended } = await service.sessions.end(
      caller,
      args.sessionId,
      args.reason ?? 'ended by its caller',
    );
    return { session: showSession(session, service.now()), ended };
  },
});
