/** What is read: by a principal's key, page by page, or by a session already known to be the caller's. */

import type { SQLInputValue } from 'node:sqlite';
import type { PermissionRequest, SessionEvent, Turn } from '../session/event.ts';
import type { Session } from '../session/session.ts';
import { eventOf, FIRST_EVENT, SESSION_COLUMNS, sessionOf } from './rows.ts';
import { jsonOf, numberOf, type Sql, textOf } from './sql.ts';
import type { IdleQuery, RequestQuery, SessionQuery } from './store.ts';

export function findSession(sql: Sql, principal: string, sessionId: string): Session | undefined {
  const row = sql.get(
    `SELECT ${SESSION_COLUMNS} FROM sessions s ${FIRST_EVENT} WHERE s.id = ? AND s.principal = ?`,
    sessionId,
    principal,
  );
  return row === undefined ? undefined : sessionOf(row);
}

export function listSessions(sql: Sql, query: SessionQuery): readonly Session[] {
  const { from, where, values } = filterOf(query);
  return sql
    .all(
      `SELECT ${SESSION_COLUMNS} FROM ${from} ${FIRST_EVENT} WHERE ${where.join(' AND ')}
       ORDER BY s.last_activity DESC, s.id DESC LIMIT ?`,
      ...values,
      query.limit,
    )
    .map(sessionOf);
}

type Filter = {
  readonly from: string;
  readonly where: readonly string[];
  readonly values: readonly SQLInputValue[];
};

/** A task or a label is what finds few sessions: CROSS JOIN makes SQLite begin with it. */
function filterOf(query: SessionQuery): Filter {
  const { principal, mcpSessionId, status, taskId, label, cursor } = query;
  let from = 'sessions s';
  const where: string[] = [];
  const values: SQLInputValue[] = [];
  const and = (condition: string, ...bound: SQLInputValue[]): void => {
    where.push(condition);
    values.push(...bound);
  };
  and('s.principal = ?', principal);
  if (mcpSessionId !== undefined) and('s.mcp_session_id = ?', mcpSessionId);
  if (status !== undefined) and('s.status = ?', status);
  if (label !== undefined) {
    from = `session_labels l CROSS JOIN ${from} ON s.id = l.session_id`;
    and('l.key = ? AND l.value = ?', label.key, label.value);
  }
  if (taskId !== undefined) {
    from = `session_tasks k CROSS JOIN ${from}`;
    and('k.session_id = s.id AND k.task_id = ?', taskId);
  }
  if (cursor !== undefined) {
    and('(s.last_activity, s.id) < (?, ?)', cursor.lastActivity, cursor.id);
  }
  return { from, where, values };
}

export function findTurn(sql: Sql, sessionId: string, turnId: string): Turn | undefined {
  const row = sql.get(
    'SELECT record FROM turns WHERE id = ? AND session_id = ?',
    turnId,
    sessionId,
  );
  return row === undefined ? undefined : jsonOf<Turn>(row, 'record');
}

export type EventRange = {
  readonly sessionId: string;
  readonly after: number;
  readonly limit: number;
};

export function readEvents(sql: Sql, range: EventRange): readonly SessionEvent[] {
  return sql
    .all(
      `SELECT seq, at, type, turn_id, body FROM events
       WHERE session_id = ? AND seq > ? ORDER BY seq LIMIT ?`,
      range.sessionId,
      range.after,
      range.limit,
    )
    .map(eventOf);
}

export function findRequest(
  sql: Sql,
  principal: string,
  requestId: string,
): PermissionRequest | undefined {
  const row = sql.get(
    `SELECT r.record FROM permission_requests r JOIN sessions s ON s.id = r.session_id
     WHERE r.request_id = ? AND s.principal = ?`,
    requestId,
    principal,
  );
  return row === undefined ? undefined : jsonOf<PermissionRequest>(row, 'record');
}

export function listRequests(sql: Sql, query: RequestQuery): readonly PermissionRequest[] {
  return sql
    .all(
      `SELECT r.record FROM permission_requests r CROSS JOIN sessions s ON s.id = r.session_id
       WHERE r.state = 'pending' AND s.principal = ?1
         AND (?2 IS NULL OR r.session_id = ?2) AND (?3 IS NULL OR s.mcp_session_id = ?3)
       ORDER BY r.created_at, r.rowid LIMIT ?4`,
      query.principal,
      query.sessionId ?? null,
      query.mcpSessionId ?? null,
      query.limit,
    )
    .map((row) => jsonOf<PermissionRequest>(row, 'record'));
}

export function listIdle(sql: Sql, query: IdleQuery): readonly string[] {
  return sql
    .all(
      `SELECT id FROM sessions
       WHERE ended_at IS NULL AND last_activity < ?1 AND status <> 'busy'
         AND (?2 IS NULL OR principal = ?2)
       ORDER BY last_activity LIMIT ?3`,
      query.before,
      query.principal ?? null,
      query.limit,
    )
    .map((row) => textOf(row, 'id'));
}

export function countOpen(sql: Sql): number {
  const row = sql.get(
    `SELECT coalesce(sum(totalSessions - endedSessions), 0) AS open FROM metrics
     WHERE scope = 'principal'`,
  );
  return row === undefined ? 0 : numberOf(row, 'open');
}
