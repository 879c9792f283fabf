/** Turns as JSON. */

import { z } from 'zod';
import { type Attachment, TURN_STATES, type Turn } from '../session/event.ts';
import { countView, failureView, isoTime, shape, timeView, usageView } from './session.ts';
import { weightOf } from './weight.ts';

/** About in tokens: of the output of a turn. It is shown as a whole or not at all. */
const OUTPUT_WEIGHT_MAX = 12_000;
const OUTPUT_OMITTED =
  'it is too long for this reply: read_events with detail "full" shows it in turn_ended';

const attachmentView = z.object({ name: z.string(), mimeType: z.string(), bytes: countView });

export const turnView = shape('turn', {
  id: z.string(),
  sessionId: z.string(),
  state: z.enum(TURN_STATES),
  origin: z.enum(['prompt', 'autonomous']),
  queuedAt: timeView,
  startedAt: timeView.optional(),
  endedAt: timeView.optional(),
  result: z.string().optional().describe("Claude's last text, shortened if it is long."),
  output: z.looseObject({}).optional().describe('JSON that fits the outputSchema of the prompt.'),
  outputOmitted: z.string().optional().describe('Set if there is an output: how to read it.'),
  attachments: z.array(attachmentView).optional(),
  error: failureView.optional(),
  usage: usageView.optional(),
});

/** @param outputWeightMax about in tokens */
export function showTurn(
  turn: Turn,
  outputWeightMax = OUTPUT_WEIGHT_MAX,
): z.infer<typeof turnView> {
  return {
    id: turn.id,
    sessionId: turn.sessionId,
    state: turn.state,
    origin: turn.origin,
    queuedAt: isoTime(turn.queuedAt),
    startedAt: isoTime(turn.startedAt),
    endedAt: isoTime(turn.endedAt),
    result: turn.result,
    ...showOutput(turn.output, outputWeightMax),
    attachments: turn.attachments && showAttachments(turn.attachments),
    error: turn.error,
    usage: turn.usage,
  };
}

function showOutput(output: unknown, weightMax: number): Partial<z.infer<typeof turnView>> {
  // Every schema is one of an object.
  if (typeof output !== 'object' || output === null) return {};
  const isShown =
    weightMax === Number.POSITIVE_INFINITY || weightOf(JSON.stringify(output)) <= weightMax;
  return isShown ? { output: { ...output } } : { outputOmitted: OUTPUT_OMITTED };
}

export function showAttachments(
  attachments: readonly Attachment[],
): z.infer<typeof attachmentView>[] {
  return attachments.map(({ name, mimeType, bytes }) => ({ name, mimeType, bytes }));
}
