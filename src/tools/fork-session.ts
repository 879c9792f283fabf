import { z } from 'zod';
import { NAME_CHARS_MAX } from '../limits.ts';
import { ICONS } from '../views/icons.ts';
import { sessionView, showSession, showTurn, turnView } from '../views/session.ts';
import { idempotencyKey, prompt, requestKey, sessionId, word } from './fields.ts';
import { defineTool } from './tool.ts';

export const forkSession = defineTool({
  name: 'fork_session',
  title: 'Fork a session',
  icons: ICONS.session,
  description:
    'Makes a new session that begins with the conversation of another so far, in the same directory. Use it to ' +
    'try a second way without losing the first. Files are shared, not copied. Returns the new session, which is ' +
    'waited for, prompted and ended by its own id.',
  hints: {
    readOnlyHint: false,
    destructiveHint: false,
    idempotentHint: false,
    openWorldHint: true,
  },
  input: z.object({
    sessionId,
    name: word(NAME_CHARS_MAX).optional().describe('A short name for people.'),
    prompt: prompt.optional().describe('First prompt of the new session.'),
    idempotencyKey: idempotencyKey.optional(),
  }),
  output: z.object({ session: sessionView, turn: turnView.optional() }),
  async run(args, call) {
    const { sessionId, name, prompt } = args;
    const key = requestKey('fork_session', args, call);
    const made = await call.service.sessions.fork(call.caller, sessionId, {
      ...(name !== undefined && { name }),
      ...(prompt !== undefined && { prompt }),
      ...(key && { key }),
      ...(call.trace && { trace: call.trace }),
    });
    return {
      session: showSession(made.session, call.service.now()),
      ...(made.turn && { turn: showTurn(made.turn) }),
    };
  },
});
