/** Loads what a command is decided on. */

import type { Needs } from '../../session/command.ts';
import type { OpenTurn, SessionState } from '../../session/decide.ts';
import type { PermissionRequest } from '../../session/event.ts';
import type { Session } from '../../session/session.ts';
import { partsOf, turnOf } from './rows.ts';
import { jsonOf, type Sql, textOf } from './sql.ts';

/** A session with what of it the command at hand is decided on. */
export function loadState(sql: Sql, session: Session, needs: Needs): SessionState {
  const { turns, pendingPermissions } = session;
  const hasTurns = turns.queued + turns.running > 0;
  return {
    session,
    openTurns: hasTurns && needs.turns ? readOpenTurns(sql, session.id, needs.turns) : [],
    openRequests: pendingPermissions > 0 && needs.requests ? readOpenRequests(sql, session.id) : [],
    remembered: needs.remembered ? sql.number(REMEMBERED, session.id) : 0,
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
  return rows.map((row) => ({ ...turnOf(row), ...partsOf(row), prompt: textOf(row, 'prompt') }));
}

const OPEN_REQUESTS = `SELECT record FROM permission_requests
  WHERE session_id = ? AND state = 'pending' ORDER BY created_at, rowid`;
const REMEMBERED = 'SELECT count(*) AS n FROM remembered_permissions WHERE session_id = ?';
const TURNS = 'SELECT record, prompt, parts FROM turns WHERE session_id = ?';
const OPEN_TURNS = `${TURNS} AND state IN ('queued', 'running')`;
const ALL_OPEN_TURNS = `${OPEN_TURNS} ORDER BY state = 'queued', rank, ord`;
const RUNNING_TURN = `${TURNS} AND state = 'running'`;

function readOpenRequests(sql: Sql, sessionId: string): readonly PermissionRequest[] {
  const rows = sql.all(OPEN_REQUESTS, sessionId);
  return rows.map((row) => jsonOf<PermissionRequest>(row, 'record'));
}
