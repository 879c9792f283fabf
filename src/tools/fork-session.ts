import { z } from 'zod';
import { NAME_CHARS_MAX } from '../limits.ts';
import { ICONS } from '../views/icons.ts';
import { idempotencyKey, prompt, requestKey, sessionId, word } from './fields.ts';
import { aboutMade, made, showMade } from './made-session.ts';
import { defineTool } from './tool.ts';

export const forkSession = defineTool({
  name: 'fork_session',
  title: 'Fork a session',
  icons: ICONS.session,
  description:
    "Creates a new session that starts with another session's conversation so far, in the same directory. Use it to " +
    'try an alternative without losing the original. Files are shared, not copied. Wait for, prompt and end the new ' +
    'session by its own id.',
  effect: 'start',
  input: z.object({
    sessionId,
    name: word(NAME_CHARS_MAX).optional().describe('Short human-readable name.'),
    prompt: prompt.optional().describe('First prompt of the new session.'),
    idempotencyKey: idempotencyKey.optional(),
  }),
  output: made,
  about: aboutMade,
  async run(args, call) {
    const { sessionId, name, prompt } = args;
    const key = requestKey('fork_session', args, call);
    const given = { name, prompt, key, trace: call.trace };
    return showMade(await call.service.sessions.fork(call.caller, sessionId, given), call);
  },
});
