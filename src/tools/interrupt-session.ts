import { z } from 'zod';
import { ICONS } from '../views/icons.ts';
import { sessionView, showSession, showTurn, turnView } from '../views/session.ts';
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
    if (args.cancelQueued) await service.turns.cancelQueued(caller, args.sessionId);
    const { session, turn } = await service.turns.interrupt(caller, args.sessionId);
    return { session: showSession(session, service.now()), turn: turn && showTurn(turn) };
  },
});
