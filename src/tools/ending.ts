/** Tools that end sessions: end_session and cleanup_sessions. */

import { z } from 'zod';
import { CLEANUP_AGE_MS_DEFAULT, REASON_CHARS_MAX } from '../limits.ts';
import { ICONS } from '../views/icons.ts';
import { sessionView, showSession } from '../views/session.ts';
import { sentence, sessionId } from './fields.ts';
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
    reason: sentence(REASON_CHARS_MAX).optional().describe('Reason, for the log.'),
  }),
  output: z.object({
    session: sessionView,
    ended: z.boolean().describe('False if it had already ended.'),
  }),
  async run(args, { service, caller }) {
    const { sessionId, reason = 'ended by its caller' } = args;
    const { session, ended } = await service.sessions.end(caller, sessionId, reason);
    return { session: showSession(session, service.now()), ended };
  },
});

export const cleanupSessions = defineTool({
  name: 'cleanup_sessions',
  title: 'End idle sessions',
  icons: ICONS.session,
  description:
    'Ends all your sessions that have been idle for longer than maxAgeMs, including those tied to other clients of ' +
    'yours. Busy sessions are never ended. Use it to tidy up after many jobs; to end one session, use end_session. ' +
    'Logs and costs remain readable.',
  effect: 'stop',
  input: z.object({
    maxAgeMs: z.int().min(0).default(CLEANUP_AGE_MS_DEFAULT).describe('Idle time in milliseconds.'),
  }),
  output: z.object({ cleaned: z.int().min(0).describe('Number of sessions that were ended.') }),
  async run(args, { service, caller }) {
    const { principal } = caller;
    return { cleaned: await service.sessions.endIdle({ idleMs: args.maxAgeMs, principal }) };
  },
});
