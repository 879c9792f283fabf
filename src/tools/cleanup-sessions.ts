import { z } from 'zod';
import { CLEANUP_AGE_MS_DEFAULT } from '../limits.ts';
import { ICONS } from '../views/icons.ts';
import { defineTool } from './tool.ts';

export const cleanupSessions = defineTool({
  name: 'cleanup_sessions',
  title: 'End idle sessions',
  icons: ICONS.session,
  description:
    'Ends all your sessions that have been idle longer than maxAgeMs, never one that is busy, whichever of your ' +
    'clients they are tied to. Use it to tidy up after many jobs; to end one session, call end_session. Their ' +
    'logs and costs stay readable.',
  hints: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  input: z.object({
    maxAgeMs: z
      .int()
      .min(0)
      .default(CLEANUP_AGE_MS_DEFAULT)
      .describe('Milliseconds without activity; one hour by default.'),
  }),
  output: z.object({ cleaned: z.int().min(0).describe('How many sessions were ended.') }),
  async run(args, { service, caller }) {
    return { cleaned: await service.sessions.cleanup(caller, args.maxAgeMs) };
  },
});
