import { z } from 'zod';
import { ICONS } from '../views/icons.ts';
import { showTurn, turnView } from '../views/session.ts';
import { sessionId } from './fields.ts';
import { defineTool } from './tool.ts';

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
