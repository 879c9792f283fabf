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
    'Sends the next message to a session. It is queued behind what already runs; mode "steer" puts it into the ' +
    'running turn, "interrupt" stops that turn first. With waitMs it waits for the turn and returns what Claude ' +
    'said: one call for a short job. It returns early when a permission is asked (list_permission_requests). A ' +
    'turn that still runs at the end of the wait goes on: do not send the prompt again, call wait_sessions. ' +
    'Without waitMs it answers at once; after wait_sessions, call read_events with the "after" you got here.',
  hints: {
    readOnlyHint: false,
    destructiveHint: false,
    idempotentHint: false,
    openWorldHint: true,
  },
  input: z.object({
    sessionId,
    prompt,
    mode: z
      .enum(['queue', 'steer', 'interrupt'])
      .default('queue')
      .describe('How it meets a turn that runs.'),
    waitMs: waitMs.optional(),
    idempotencyKey: idempotencyKey.optional(),
  }),
  output: z.object({
    turn: turnView,
    after: z.int().min(0).describe('Pass this to read_events as "after".'),
    text: z.string().optional().describe('With waitMs: what Claude had said in this turn by then.'),
  }),
  async run(args, call) {
    const { service, caller, signal, watch, trace } = call;
    const { waitMs, ...asked } = args;
    // How long it waits for the answer is no part of what it asks for.
    const key = requestKey('send_prompt', asked, call);
    const { sessionId, prompt, mode } = asked;
    const sent = await service.turns.send(caller, {
      sessionId,
      prompt,
      mode,
      ...(key && { key }),
      ...(trace && { trace }),
    });
    if (!waitMs) return { turn: showTurn(sent.turn), after: sent.after };
    const wait = { turn: sent.turn, waitMs, signal, watch };
    const turn = await service.reader.turnSettled(caller, wait);
    const said = await service.reader.textOf(turn, sent.after);
    return { turn: showTurn(turn), after: said.after, text: said.text };
  },
});
