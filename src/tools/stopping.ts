/** Tools that stop or take back a prompt: interrupt_session and cancel_prompt. */

import { z } from 'zod';
import { ICONS } from '../views/icons.ts';
import { sessionView, showSession } from '../views/session.ts';
import { showTurn, turnView } from '../views/turn.ts';
import { sessionId } from './fields.ts';
import { defineTool } from './tool.ts';

export const interruptSession = defineTool({
  name: 'interrupt_session',
  title: 'Interrupt a turn',
  icons: ICONS.delegate,
  description:
    'Stops the running turn and returns once it has really stopped. The session keeps its conversation and accepts ' +
    'further prompts. Use it when Claude is on the wrong track; to correct Claude without stopping, use send_prompt ' +
    'with mode "steer". If no turn is running, nothing changes. To finish with the session, use end_session.',
  effect: 'stop',
  input: z.object({
    sessionId,
    cancelQueued: z.boolean().default(false).describe('Also cancel the queued prompts.'),
  }),
  output: z.object({
    session: sessionView,
    turn: turnView.optional().describe('The turn that was stopped.'),
  }),
  async run(args, { service, caller }) {
    const { sessionId, cancelQueued } = args;
    const { session, turn } = await service.turns.interrupt(caller, sessionId, { cancelQueued });
    return { session: showSession(session, service.now()), turn: turn && showTurn(turn) };
  },
});

export const cancelPrompt = defineTool({
  name: 'cancel_prompt',
  title: 'Cancel a queued prompt',
  icons: ICONS.delegate,
  description:
    'Cancels a prompt that is still queued, given the id of its turn, and returns the cancelled turn. To stop a ' +
    'turn that is already running, use interrupt_session.',
  effect: 'stop',
  input: z.object({
    sessionId,
    turnId: z.string().min(1).max(200).describe('Id of the turn, as returned by send_prompt.'),
  }),
  output: z.object({ turn: turnView }),
  async run(args, { service, caller }) {
    return { turn: showTurn(await service.turns.cancel(caller, args.sessionId, args.turnId)) };
  },
});
