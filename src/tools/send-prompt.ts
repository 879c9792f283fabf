import { z } from 'zod';
import type { Turn } from '../session/event.ts';
import { ICONS } from '../views/icons.ts';
import { showTurn, turnView } from '../views/turn.ts';
import { endFitting } from '../views/weight.ts';
import { idempotencyKey, prompt, requestKey, sessionId, waitMs } from './fields.ts';
import { digested, promptParts } from './prompt-parts.ts';
import { defineTool } from './tool.ts';

/** About in tokens: of what Claude said, and of a result that is not its end. Both fit in what Claude Code shows. */
const SAID_WEIGHT_MAX = 12_000;
const RESULT_WEIGHT_MAX = 6_000;
const REPEATED_CHARS_MAX = 2_000;

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
    ...promptParts,
    waitMs: waitMs.optional(),
    idempotencyKey: idempotencyKey.optional(),
  }),
  output: z.object({
    turn: turnView,
    after: z.int().min(0).describe('Pass this to read_events as "after".'),
    text: z
      .string()
      .optional()
      .describe(
        'With waitMs: what Claude has said in this turn so far, without a long result beside it.',
      ),
  }),
  waits: ({ waitMs = 0 }) => waitMs > 0,
  about: ({ turn }) => ({ sessionId: turn.sessionId, turnId: turn.id }),
  async run(args, call) {
    const { service, caller, signal, watch, trace } = call;
    const { waitMs, ...asked } = args;
    // A retry may wait for a different time, so waitMs is not part of the key.
    const key = requestKey('send_prompt', digested(asked), call);
    const { idempotencyKey: _key, ...request } = asked;
    const sent = await service.turns.send(caller, { ...request, key, trace });
    if (!waitMs) return { turn: showTurn(sent.turn), after: sent.after };
    const wait = { turn: sent.turn, waitMs, signal, watch };
    const turn = await service.reader.turnSettled(caller, wait);
    const said = await service.reader.textOf(turn, sent.after);
    return { ...showSaid(turn, said, sent.after), after: said.after };
  },
});

/** A long result is not repeated if it is the end of what Claude said. What is cut says how to read it. */
function showSaid(turn: Turn, said: { text: string; isCut: boolean }, after: number) {
  const { result, ...shown } = showTurn(turn);
  const note = `[The beginning is cut: read_events with after ${after} and detail "full" has all of it.]\n…`;
  const end = endFitting(said.text, SAID_WEIGHT_MAX);
  const text = said.isCut || end !== said.text ? note + end : end;
  if (result === undefined || result.length <= REPEATED_CHARS_MAX) {
    return { turn: { ...shown, result }, text };
  }
  const last = endFitting(result, RESULT_WEIGHT_MAX);
  const isSaid = result.trimEnd().endsWith(end) || said.text.endsWith(result.trimEnd());
  return {
    turn: isSaid ? shown : { ...shown, result: last === result ? last : note + last },
    text,
  };
}
