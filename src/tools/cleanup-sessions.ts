import { z } from 'zod';
import { CLEANUP_AGE_MS_DEFAULT } from '../limits.ts';
import { ICONS } from '../views/icons.ts';
import { defineTool } from './tool.ts';

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
    maxAgeMs: z
      .int()
      .min(0)
      .default(CLEANUP_AGE_MS_DEFAULT)
      .describe('Idle time in milliseconds; one hour by default.'),
  }),
  output: z.object({ cleaned: z.int().min(0).describe('Number of sessions that were ended.') }),
  async run(args, { service, caller }) {
    return { cleaned: await service.sessions.cleanup(caller, args.maxAgeMs) };
  },
});
