/** How events are shown, and how a reply is kept small. */

import { z } from 'zod';
import {
  EVENT_SUMMARY_BYTES_MAX,
  REPLY_FULL_BYTES_MAX,
  REPLY_SUMMARY_BYTES_MAX,
} from '../limits.ts';
import type { SessionEvent } from '../session/event.ts';
import { cutChars } from '../text.ts';
import { showRequest } from './request.ts';
import { isoTime, showTurn } from './session.ts';

export const DETAILS = ['summary', 'full'] as const;

export type Detail = (typeof DETAILS)[number];

export const eventView = z.looseObject({
  seq: z.int().min(1),
  at: z.string().describe('ISO 8601.'),
  type: z.string(),
  turnId: z.string().optional(),
});

export type EventView = z.infer<typeof eventView>;

/**
 * The events as a reply shows them: as many, from the first on, as fit its bound, but at least one.
 * A `summary` also cuts each event to 2 KB and says what it cut.
 *
 * @param rest the reply without its events, for what it takes of the bound
 */
export function showEvents(
  events: readonly SessionEvent[],
  detail: Detail,
  rest: object,
): EventView[] {
  const bytesMax = detail === 'full' ? REPLY_FULL_BYTES_MAX : REPLY_SUMMARY_BYTES_MAX;
  const shown: EventView[] = [];
  let bytes = sizeOf(rest);
  for (const event of events) {
    const { view, size } = detail === 'full' ? sized(showEvent(event)) : summarize(event);
    bytes += size + ','.length;
    if (bytes > bytesMax && shown.length > 0) break;
    shown.push(view);
  }
  return shown;
}

/** All of an event, however large. */
export function showEvent(event: SessionEvent): EventView {
  const { seq, at, type, ...body } = event;
  const turnId = 'turnId' in body && body.turnId !== undefined ? { turnId: body.turnId } : {};
  return { seq, at: isoTime(at), type, ...turnId, ...bodyOf(event) };
}

function bodyOf(event: SessionEvent): Record<string, unknown> {
  switch (event.type) {
    case 'session_created':
      return { workingDirectory: event.options.workingDirectory };
    case 'turn_started':
    case 'turn_ended':
      return { turn: showTurn(event.turn) };
    case 'permission_requested':
    case 'permission_answered':
      return { request: showRequest(event.request) };
    case 'prompt_queued':
      return { prompt: event.prompt, ...(event.next && { next: event.next }) };
    case 'notice':
      return { text: event.text };
    default: {
      const { seq: _seq, at: _at, type: _type, ...body } = event;
      return body;
    }
  }
}

type Sized = { readonly view: EventView; readonly size: number };

/** Cuts the longest strings of a view until it fits, and leaves a word about it. */
function summarize(event: SessionEvent): Sized {
  const whole = sized(showEvent(event));
  if (whole.size <= EVENT_SUMMARY_BYTES_MAX) return whole;
  for (let keep = EVENT_SUMMARY_BYTES_MAX / 2; keep >= 16; keep /= 2) {
    const cut = sized(cutStrings(whole.view, keep) as EventView);
    if (cut.size <= EVENT_SUMMARY_BYTES_MAX) return cut;
  }
  const { seq, at, type, turnId } = whole.view;
  return sized({
    seq,
    at,
    type,
    ...(turnId && { turnId }),
    cut: 'too large for a summary; read it with detail full',
  });
}

function sized(view: EventView): Sized {
  return { view, size: sizeOf(view) };
}

function cutStrings(value: unknown, keep: number): unknown {
  if (typeof value === 'string') return cutChars(value, keep);
  if (Array.isArray(value)) return value.map((item) => cutStrings(item, keep));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, cutStrings(inner, keep)]),
  );
}

function sizeOf(view: unknown): number {
  return Buffer.byteLength(JSON.stringify(view));
}
