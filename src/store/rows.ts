/** What the rows mean: sessions, turns, requests and events as the session room knows them. */

import type { Needs } from '../session/command.ts';
import type { OpenTurn, SessionState } from '../session/decide.ts';
import type { EventBody, PermissionRequest, SessionEvent, Turn } from '../session/event.ts';
import type { Session } from '../session/session.ts';
import { withSoundUsage } from '../session/usage.ts';
import { jsonOf, numberOf, type Row, type Sql, textOf } from './sql.ts';

/** The columns and the join that {@link sessionOf} reads; the session's table is `s`. */
export const SESSION_COLUMNS = 's.record AS record, first.body AS first';
export const FIRST_EVENT = 'JOIN events first ON first.session_id = s.id AND first.seq = 1';

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

/** A session with what of it the command at hand is decided on. */
export function stateOf(sql: Sql, session: Session, needs: Needs): SessionState {
  const { turns, pendingPermissions } = session;
  const hasTurns = turns.queued + turns.running > 0;
  return {
    session,
    openTurns: hasTurns && needs.turns ? readOpenTurns(sql, session.id, needs.turns) : [],
    openRequests: pendingPermissions > 0 && needs.requests ? readOpenRequests(sql, session.id) : [],
    remembered: needs.remembered ? countRemembered(sql, session.id) : 0,
  };
}

function readOpenTurns(
  sql: Sql,
  sessionId: string,
  which: NonNullable<Needs['turns']>,
): readonly OpenTurn[] {
  const rows =
    typeof which === 'object'
      ? sql.all(`${OPEN_TURNS} AND id = ?`, sessionId, which.id)
      : sql.all(which === 'running' ? RUNNING_TURN : ALL_OPEN_TURNS, sessionId);
  return rows.map((row) => ({ ...turnOf(row), prompt: textOf(row, 'prompt') }));
}

const TURNS = 'SELECT record, prompt FROM turns WHERE session_id = ?';
const OPEN_TURNS = `${TURNS} AND state IN ('queued', 'running')`;
const ALL_OPEN_TURNS = `${OPEN_TURNS} ORDER BY state = 'queued', rank, ord`;
const RUNNING_TURN = `${TURNS} AND state = 'running'`;

function readOpenRequests(sql: Sql, sessionId: string): readonly PermissionRequest[] {
  return sql
    .all(
      `SELECT record FROM permission_requests
       WHERE session_id = ? AND state = 'pending' ORDER BY created_at, rowid`,
      sessionId,
    )
    .map((row) => jsonOf<PermissionRequest>(row, 'record'));
}

function countRemembered(sql: Sql, sessionId: string): number {
  const row = sql.get(
    'SELECT count(*) AS count FROM remembered_permissions WHERE session_id = ?',
    sessionId,
  );
  return row === undefined ? 0 : numberOf(row, 'count');
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

export function eventOf(row: Row): SessionEvent {
  const turnId = row.turn_id;
  const event = {
    seq: numberOf(row, 'seq'),
    at: numberOf(row, 'at'),
    type: textOf(row, 'type'),
    ...(turnId !== null && { turnId }),
    ...jsonOf<object>(row, 'body'),
  } as SessionEvent;
  return event.type === 'turn_ended' ? { ...event, turn: withSoundUsage(event.turn) } : event;
}
