/** Events as JSON, and replies that stay small. */

import { z } from 'zod';
import { EVENT_SUMMARY_BYTES_MAX, REPLY_FULL_BYTES_MAX, REPLY_SUMMARY_MAX } from '../limits.ts';
import { type EventTable, handleEvent, type SessionEvent } from '../session/event.ts';
import { cutToFit } from './cut.ts';
import { showRequest } from './request.ts';
import { Room } from './room.ts';
import { isoTime } from './session.ts';
import { showAttachments, showTurn } from './turn.ts';

export const DETAILS = ['summary', 'full'] as const;

export type Detail = (typeof DETAILS)[number];

export const eventView = z.looseObject({
  seq: z.int().min(1),
  at: z.string().describe('ISO 8601.'),
  type: z.string(),
  turnId: z.string().optional(),
});

export type EventView = z.infer<typeof eventView>;

export type ShownEvents = {
  readonly events: EventView[];
  /** Their JSON: it was needed for their size. */
  readonly json: string;
};

/**
 * The first events that fit in a reply, but at least one. With `summary`, each event is also cut to 2 KB and says what
 * was cut, and the reply has fewer of them if their text costs many tokens.
 *
 * @param rest the reply without its events; its size counts too
 */
export function showEvents(
  events: readonly SessionEvent[],
  detail: Detail,
  rest: object,
): ShownEvents {
  const room = new Room(detail === 'full' ? { bytesMax: REPLY_FULL_BYTES_MAX } : REPLY_SUMMARY_MAX);
  room.take(JSON.stringify(rest));
  const shown: Sized[] = [];
  for (const event of events) {
    const next = detail === 'full' ? sized(showEvent(event)) : summarize(event);
    if (!room.take(`${next.json},`) && shown.length > 0) break;
    shown.push(next);
  }
  return {
    events: shown.map(({ view }) => view),
    json: `[${shown.map(({ json }) => json).join(',')}]`,
  };
}

/** The JSON of a reply with these events and the rest. */
export function replyJson({ json }: ShownEvents, rest: object): string {
  return `{"events":${json},${JSON.stringify(rest).slice(1)}`;
}

/** The whole event, however large. */
export function showEvent(event: SessionEvent): EventView {
  const { seq, at, type } = event;
  const turnId = 'turnId' in event ? event.turnId : undefined;
  return { seq, at: isoTime(at), type, turnId, ...handleEvent(SHOWN, event) };
}

const SHOWN: EventTable<Readonly<Record<string, unknown>>> = {
  session_created: ({ options }) => ({ workingDirectory: options.workingDirectory }),
  session_tied: ({ mcpSessionId }) => ({ mcpSessionId }),
  session_updated: ({ changes: { chosenMode: _ours, ...changes } }) => ({ changes }),
  session_error: ({ error }) => ({ error }),
  session_ended: ({ reason }) => ({ reason }),
  task_linked: ({ taskId }) => ({ taskId }),
  task_unlinked: ({ taskId }) => ({ taskId }),
  prompt_queued: ({ prompt, next, attachments, outputSchema }) => ({
    prompt,
    attachments: attachments && showAttachments(attachments),
    hasOutputSchema: outputSchema !== undefined || undefined,
    next: next || undefined,
  }),
  prompt_cancelled: ({ prompt }) => ({ prompt }),
  turn_started: ({ turn }) => ({ turn: showTurn(turn) }),
  turn_ended: ({ turn }) => ({ turn: showTurn(turn, Number.POSITIVE_INFINITY) }),
  text: ({ text }) => ({ text }),
  tool_use: ({ toolUseId, name, input }) => ({ toolUseId, name, input }),
  tool_result: ({ toolUseId, isError, text }) => ({ toolUseId, isError, text }),
  notice: ({ text }) => ({ text }),
  permission_requested: ({ request }) => ({ request: showRequest(request) }),
  permission_answered: ({ request }) => ({ request: showRequest(request) }),
};

type Sized<View = EventView> = {
  readonly view: View;
  readonly json: string;
  /** In bytes. */
  readonly size: number;
};

/** Cuts the long strings of a view until it fits. */
function summarize(event: SessionEvent): Sized {
  const whole = sized(showEvent(event));
  if (whole.size <= EVENT_SUMMARY_BYTES_MAX) return whole;
  const fitting = cutToFit(withoutOutput(event) ?? whole.view, EVENT_SUMMARY_BYTES_MAX);
  if (fitting !== undefined) return sized(fitting);
  const { seq, at, type, turnId } = whole.view;
  const cut = 'too large for a summary; read it with detail full';
  return sized({ seq, at, type, turnId, cut });
}

/** Of an output nothing is cut: the rest would look like all of it. */
function withoutOutput(event: SessionEvent): EventView | undefined {
  const hasOutput = event.type === 'turn_ended' && event.turn.output !== undefined;
  return hasOutput ? { ...showEvent(event), turn: showTurn(event.turn, 0) } : undefined;
}

function sized<View>(view: View): Sized<View> {
  const json = JSON.stringify(view);
  return { view, json, size: Buffer.byteLength(json) };
}
