/** What the rows mean: sessions, turns, requests and events as the session room knows them. */

import type { EventBody, SessionEvent, Turn } from '../../session/event.ts';
import type { Session } from '../../session/session.ts';
import { withSoundUsage } from '../../session/usage.ts';
import { damaged, jsonOf, parsed, type Row, type Tuple } from './sql.ts';

/** The columns and the join that {@link sessionOf} reads; the session's table is `s`. */
export const SESSION_COLUMNS = 's.record AS record, first.body AS first';
export const FIRST_EVENT = 'JOIN events first ON first.session_id = s.id AND first.seq = 1';
export const SELECT_SESSION = `SELECT ${SESSION_COLUMNS} FROM sessions s ${FIRST_EVENT}`;

type FirstBody = Pick<Extract<EventBody, { type: 'session_created' }>, 'options'>;

/** Options never change and may be large, so they stand in the first event only. */
export function sessionOf(row: Row): Session {
  const { options } = jsonOf<FirstBody>(row, 'first');
  return withSoundUsage({ ...jsonOf<Omit<Session, 'options'>>(row, 'record'), options });
}

/** Earlier versions stored whatever figures the API had sent. */
export function turnOf(row: Row): Turn {
  return withSoundUsage(jsonOf<Turn>(row, 'record'));
}

export function recordOf(session: Session): string {
  const { options: _options, ...record } = session;
  return JSON.stringify(record);
}

/** The event without what has columns of its own. */
export function bodyOf(event: SessionEvent): string {
  return JSON.stringify({
    ...event,
    seq: undefined,
    at: undefined,
    type: undefined,
    turnId: undefined,
  });
}

export function turnIdOf(event: SessionEvent): string | null {
  return 'turnId' in event ? (event.turnId ?? null) : null;
}

/** What {@link eventOf} reads. */
export const EVENT_COLUMNS = 'body, seq, at, type, turn_id';

/** Adds to the body, because copying it would cost as much as parsing it. */
export function eventOf([body, seq, at, type, turnId]: Tuple): SessionEvent {
  if (typeof body !== 'string') throw damaged('body');
  const fields = parsed<Record<string, unknown>>(body, 'body');
  fields.seq = seq;
  fields.at = at;
  fields.type = type;
  if (turnId !== null) fields.turnId = turnId;
  const event = fields as SessionEvent;
  return event.type === 'turn_ended' ? { ...event, turn: withSoundUsage(event.turn) } : event;
}
