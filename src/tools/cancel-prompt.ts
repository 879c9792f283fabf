import { z } from 'zod';
import { ICONS } from '../views/icons.ts';
import { showTurn, turnView } from '../views/session.ts';
import { sessionId } from './fields.ts';
import { defineTool } from './tool.ts';

export const cancelPrompt = defineTool({
  name: 'cancel_prompt',
  title: 'Take a queued prompt back',
  icons: ICONS.delegate,
  description:
    'Takes back a prompt that waits in the queue of a session, by the id of its turn; the turn comes back as ' +
    'cancelled. A turn that already runs is stopped with interrupt_session instead.',
  hints: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
  input: z.object({
    sessionId,
    turnId: z.string().min(1).max(200).describe('Id of the turn, from send_prompt.'),
  }),
  output: z.object({ turn: turnView }),
  async run(args, { service, caller }) {
    return { turn: showTurn(await service.turns.cancel(caller, args.sessionId, args.turnId)) };
  },
});
