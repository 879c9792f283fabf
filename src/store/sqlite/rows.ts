/** What the rows mean: sessions, turns, requests and events as the session room knows them. */

import type { EventBody, PromptParts, SessionEvent, Turn } from '../../session/event.ts';
import type { LastTurn, Session, TurnCounts } from '../../session/session.ts';
import { withSoundUsage } from '../../session/usage.ts';
import { damaged, jsonOf, memberOf, parsed, type Row, type Tuple } from './sql.ts';

/** The turns that earlier versions did not count. An index has them. */
export const UNCOUNTED = "state IN ('interrupted', 'lost', 'cancelled')";

/** The turn of a session `s` that started last. */
const LAST_TURN_ROW = `FROM turns t WHERE t.id = (
    SELECT turn_id FROM events e WHERE e.session_id = s.id AND e.type IN ('turn_started', 'turn_ended')
    ORDER BY e.seq DESC LIMIT 1
  )`;

const LAST_TURN = `SELECT json_object('id', t.id, 'state', t.state,
    'error', json(${memberOf('t.record', '$.error')}), 'endedAt', ${memberOf('t.record', '$.endedAt')})
  ${LAST_TURN_ROW}`;

/** A record that is damaged is reported by who reads it. */
const IS_COUNTED = `(NOT json_valid(s.record) OR ${memberOf('s.record', '$.countedTo')} IS s.last_seq)`;

/** The state of the turn that started last, whichever version wrote the record. */
export const LAST_STATE = `CASE WHEN ${IS_COUNTED} THEN ${memberOf('s.record', '$.lastTurn.state')}
  ELSE (SELECT t.state ${LAST_TURN_ROW}) END`;

/**
 * How the turns of a session have ended, from their rows. Null if its record says so itself: earlier versions carry
 * along what they find in a record, and do not change it, so it counts only as of the event that {@link recordOf} names.
 */
const RECOUNT = `CASE WHEN ${IS_COUNTED} THEN NULL ELSE (
    SELECT json_object(
      'interrupted', count(*) FILTER (WHERE state = 'interrupted'),
      'lost', count(*) FILTER (WHERE state = 'lost'),
      'cancelled', count(*) FILTER (WHERE state = 'cancelled'),
      'lastTurn', json((${LAST_TURN}))
    ) FROM turns WHERE session_id = s.id AND ${UNCOUNTED}
  ) END`;

/** The columns and the join that {@link sessionOf} reads; the session's table is `s`. */
export const SESSION_COLUMNS = `s.record AS record, first.body AS first, ${RECOUNT} AS recount,
  iif(s.owner IS NULL, NULL, s.epoch) AS lease_epoch`;
export const FIRST_EVENT = 'JOIN events first ON first.session_id = s.id AND first.seq = 1';
export const SELECT_SESSION = `SELECT ${SESSION_COLUMNS} FROM sessions s ${FIRST_EVENT}`;

type FirstBody = Pick<Extract<EventBody, { type: 'session_created' }>, 'options'>;

/** Options never change and may be large, so they stand in the first event only. */
export function sessionOf(row: Row): Session {
  const { options } = jsonOf<FirstBody>(row, 'first');
  const { countedTo: _known, background, ...record } = jsonOf<StoredSession>(row, 'record');
  // What an earlier process has left is not there any more.
  const isRunning = background !== undefined && background.epoch === row.lease_epoch;
  const session = withSoundUsage({ ...record, options, ...(isRunning && { background }) });
  return row.recount === null ? session : recounted(session, jsonOf<Recount>(row, 'recount'));
}

/** `countedTo` is the seq of the event that the record was written with. */
type StoredSession = Omit<Session, 'options'> & { readonly countedTo?: number };

type Recount = Pick<TurnCounts, 'interrupted' | 'lost' | 'cancelled'> & {
  readonly lastTurn: { readonly [Name in keyof LastTurn]: LastTurn[Name] | null } | null;
};

function recounted(session: Session, { lastTurn, ...counts }: Recount): Session {
  const { lastTurn: _stale, ...rest } = session;
  const turns = { ...session.turns, ...counts };
  if (lastTurn === null) return { ...rest, turns };
  const known = Object.entries(lastTurn).filter(([, value]) => value !== null);
  return { ...rest, turns, lastTurn: Object.fromEntries(known) as LastTurn };
}

/** Earlier versions stored whatever figures the API had sent. */
export function turnOf(row: Row): Turn {
  return withSoundUsage(jsonOf<Turn>(row, 'record'));
}

/** What belongs to the prompt of a turn that has not ended. */
export function partsOf(row: Row): PromptParts {
  return row.parts === null ? {} : jsonOf<PromptParts>(row, 'parts');
}

export function recordOf(session: Session): string {
  const { options: _options, ...record } = session;
  const stored: StoredSession = { ...record, countedTo: session.lastSeq };
  return JSON.stringify(stored);
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
