import { z } from 'zod';
import { ICONS } from '../views/icons.ts';
import { showTurn, turnView } from '../views/session.ts';
import { idempotencyKey, prompt, requestKey, sessionId, waitMs } from './fields.ts';
import { defineTool } from './tool.ts';

export const sendPrompt = defineTool({
  name: 'send_prompt',
  title: 'Send a prompt',
  icons: ICONS.delegate,
  description:
    'Sends a message to a session. By default it is queued behind the running turn; mode "steer" adds it to the ' +
    'running turn, and "interrupt" stops that turn first. With waitMs, the call waits for the turn and returns what ' +
    'Claude said: one call is enough for a short job. It returns early if Claude asks for permission ' +
    '(list_permission_requests). If the turn is still running when the wait ends, it continues: do not send the ' +
    'prompt again, call wait_sessions. Without waitMs, it returns at once; after wait_sessions, call read_events ' +
    'with the "after" you got here.',
  effect: 'start',
  input: z.object({
    sessionId,
    prompt,
    mode: z
      .enum(['queue', 'steer', 'interrupt'])
      .default('queue')
      .describe('What to do if a turn is running.'),
    waitMs: waitMs.optional(),
    idempotencyKey: idempotencyKey.optional(),
  }),
  output: z.object({
    turn: turnView,
    after: z.int().min(0).describe('Pass this to read_events as "after".'),
    text: z.string().optional().describe('With waitMs: what Claude has said in this turn so far.'),
  }),
  waits: ({ waitMs = 0 }) => waitMs > 0,
  about: ({ turn }) => ({ sessionId: turn.sessionId, turnId: turn.id }),
  async run(args, call) {
    const { service, caller, signal, watch, trace } = call;
    const { waitMs, ...asked } = args;
    // A retry may wait for a different time, so waitMs is not part of the key.
    const key = requestKey('send_prompt', asked, call);
    const { idempotencyKey: _key, ...request } = asked;
    const sent = await service.turns.send(caller, { ...request, key, trace });
    if (!waitMs) return { turn: showTurn(sent.turn), after: sent.after };
    const wait = { turn: sent.turn, waitMs, signal, watch };
    const turn = await service.reader.turnSettled(caller, wait);
    const said = await service.reader.textOf(turn, sent.after);
    return { turn: showTurn(turn), after: said.after, text: said.text };
  },
});
