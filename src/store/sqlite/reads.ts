/** What is read: by a principal's key, page by page, or by a session already known to be the caller's. */

import {
  EVENT_PAGE_BYTES_MAX,
  FILTERED_SESSIONS_SORTED_MAX,
  MOVED_SESSIONS_MAX,
} from '../../limits.ts';
import type { PermissionRequest, SessionEvent, Turn } from '../../session/event.ts';
import { type RememberRule, ruleNamed } from '../../session/remembered.ts';
import type { Session } from '../../session/session.ts';
import type {
  IdleQuery,
  IdleSession,
  ListedRequest,
  ListedSession,
  OneRequest,
  RequestQuery,
  SessionQuery,
} from '../queries.ts';
import {
  EVENT_COLUMNS,
  eventOf,
  FIRST_EVENT,
  SELECT_SESSION,
  SESSION_COLUMNS,
  sessionOf,
  turnOf,
} from './rows.ts';
import { jsonOf, memberOf, numberOf, type Row, type Sql, type Tuple, textOf } from './sql.ts';

export function findSession(sql: Sql, principal: string, sessionId: string): Session | undefined {
  const row = sql.get(`${SELECT_SESSION} WHERE s.id = ? AND s.principal = ?`, sessionId, principal);
  return row && sessionOf(row);
}

type Filter = {
  readonly where: string;
  /** Selects the ids of all matching sessions, if an index has them. */
  readonly ids?: string;
  /** The parameters of `where` and `ids`. */
  readonly values: readonly string[];
};

/** The last activity of a session as of a time. Times in a log never decrease. */
const ACTIVITY_THEN = `(SELECT e.at FROM events e
  WHERE e.session_id = s.id AND e.at <= ? ORDER BY e.seq DESC LIMIT 1)`;

/** A part of the list: which sessions, and how they are placed in it. */
type Part = {
  readonly place: string;
  readonly placeValues: readonly number[];
  readonly where: string;
  readonly values: readonly number[];
};

const WHOLE: Part = { place: 's.last_activity', placeValues: [], where: 'TRUE', values: [] };

/** What is selected of the sessions of a list, beside their ids and places, and what has to be joined for it. */
type Selected = { readonly columns: string; readonly join: string };

export function listSessions(sql: Sql, query: SessionQuery): readonly ListedSession[] {
  const whole = { columns: `${SESSION_COLUMNS}, `, join: FIRST_EVENT };
  return listRows(sql, query, whole).map(listedOf);
}

export type Place = { readonly id: string; readonly place: number };

/** The same list, only as ids and places. */
export function listPlaces(sql: Sql, query: SessionQuery): readonly Place[] {
  return listRows(sql, query, { columns: '', join: '' }).map((row) => {
    return { id: textOf(row, 'id'), place: numberOf(row, 'place') };
  });
}

function listRows(sql: Sql, query: SessionQuery, selected: Selected): readonly Row[] {
  const filters = filtersOf(query);
  const lead = filters.find((filter) => findsFew(sql, filter));
  const selects = partsOf(sql, query).map((part) =>
    selectOf(query, { filters, lead, part, selected }),
  );
  const parts = selects.map(({ text }) => `SELECT * FROM (${text})`).join(' UNION ALL ');
  return sql.all(
    `${parts} ORDER BY place DESC, id DESC LIMIT ?`,
    ...selects.flatMap(({ values }) => values),
    query.limit,
  );
}

/** What has changed since the first page was read is looked up apart, so that an index has the rest in order. */
function partsOf(sql: Sql, { principal, cursor }: SessionQuery): readonly Part[] {
  const asOf = cursor?.asOf;
  if (asOf === undefined) return [WHOLE];
  const stayed: Part = { ...WHOLE, where: 's.last_activity <= ?', values: [asOf] };
  const moved: Part = {
    place: ACTIVITY_THEN,
    placeValues: [asOf],
    where: 's.last_activity > ? AND s.created_at <= ?',
    values: [asOf, asOf],
  };
  const count = `SELECT count(*) AS n FROM (
    SELECT 1 FROM sessions WHERE principal = ? AND last_activity > ? LIMIT ?
  )`;
  const found = sql.number(count, principal, asOf, MOVED_SESSIONS_MAX + 1);
  return found > MOVED_SESSIONS_MAX ? [stayed] : [stayed, moved];
}

type Listing = {
  readonly filters: readonly Filter[];
  readonly lead: Filter | undefined;
  readonly part: Part;
  readonly selected: Selected;
};

function selectOf({ cursor, limit }: SessionQuery, { filters, lead, part, selected }: Listing) {
  // CROSS JOIN makes SQLite begin with the few, and without them the order is that of an index.
  const from = lead === undefined ? '' : `(${lead.ids}) few CROSS JOIN`;
  const where = [...filters.map((filter) => filter.where), part.where];
  if (lead !== undefined) where.push('s.id = few.id');
  if (cursor !== undefined) where.push('(place, s.id) < (?, ?)');
  const text = `SELECT ${selected.columns}s.id AS id, ${part.place} AS place
     FROM ${from} sessions s ${selected.join} WHERE ${where.join(' AND ')}
     ORDER BY place DESC, s.id DESC LIMIT ?`;
  const values = [
    ...part.placeValues,
    ...(lead?.values ?? []),
    ...filters.flatMap((filter) => filter.values),
    ...part.values,
    ...(cursor === undefined ? [] : [cursor.lastActivity, cursor.id]),
    limit,
  ];
  return { text, values };
}

function listedOf(row: Row): ListedSession {
  const session = sessionOf(row);
  const place = numberOf(row, 'place');
  return place === session.lastActivity ? session : { ...session, place };
}

function filtersOf(query: SessionQuery): readonly Filter[] {
  const { principal, mcpSessionId, status, openOnly, taskId, label } = query;
  const filters: Filter[] = [{ where: 's.principal = ?', values: [principal] }];
  if (status !== undefined) filters.push({ where: 's.status = ?', values: [status] });
  // Not by `ended_at`: the index of the order has the status.
  if (openOnly) filters.push({ where: "s.status <> 'terminated'", values: [] });
  if (mcpSessionId !== undefined) {
    const ids = 'SELECT id FROM sessions WHERE mcp_session_id = ?';
    filters.push({ where: 's.mcp_session_id = ?', ids, values: [mcpSessionId] });
  }
  if (taskId !== undefined) {
    const ids = 'SELECT session_id AS id FROM session_tasks WHERE task_id = ?';
    filters.push({ where: `EXISTS (${ids} AND session_id = s.id)`, ids, values: [taskId] });
  }
  if (label !== undefined) {
    const ids = 'SELECT session_id AS id FROM session_labels WHERE key = ? AND value = ?';
    const where = `EXISTS (${ids} AND session_id = s.id)`;
    filters.push({ where, ids, values: [label.key, label.value] });
  }
  return filters;
}

function findsFew(sql: Sql, { ids, values }: Filter): boolean {
  if (ids === undefined) return false;
  const max = FILTERED_SESSIONS_SORTED_MAX;
  return sql.number(`SELECT count(*) AS n FROM (${ids} LIMIT ?)`, ...values, max + 1) <= max;
}

export function findTurn(sql: Sql, sessionId: string, turnId: string): Turn | undefined {
  const select = 'SELECT record FROM turns WHERE id = ? AND session_id = ?';
  const row = sql.get(select, turnId, sessionId);
  return row && turnOf(row);
}

const EVENTS = `SELECT ${EVENT_COLUMNS} FROM events
  WHERE session_id = ? AND seq > ? ORDER BY seq LIMIT ?`;
/** All rows of a statement are in memory at once, whatever their size. */
const ROWS_AT_ONCE = 32;

export function readEvents(
  sql: Sql,
  sessionId: string,
  after: number,
  limit: number,
): readonly SessionEvent[] {
  const events: SessionEvent[] = [];
  let bytes = 0;
  let rows: readonly Tuple[];
  do {
    const rowsMax = Math.min(ROWS_AT_ONCE, limit - events.length);
    rows = sql.tuples(EVENTS, sessionId, events.at(-1)?.seq ?? after, rowsMax);
    for (const row of rows) {
      bytes += Buffer.byteLength(String(row[0]));
      if (bytes > EVENT_PAGE_BYTES_MAX && events.length > 0) return events;
      events.push(eventOf(row));
    }
  } while (rows.length === ROWS_AT_ONCE && events.length < limit);
  return events;
}

/** In the order of their names, without those that are no longer valid. */
export function listRemembered(sql: Sql, sessionId: string): readonly RememberRule[] {
  return sql
    .all('SELECT name FROM remembered_permissions WHERE session_id = ? ORDER BY name', sessionId)
    .flatMap((row) => ruleNamed(textOf(row, 'name')) ?? []);
}

/** The same for people and models to read, oldest first. */
export function listMemories(sql: Sql, sessionId: string): readonly string[] {
  return sql.all(MEMORIES, sessionId).map((row) => textOf(row, 'as_text'));
}

const MEMORIES = `SELECT json_extract(record, '$.remembered.as') AS as_text FROM permission_requests
  WHERE session_id = ? AND json_extract(record, '$.remembered.as') IS NOT NULL
  GROUP BY as_text ORDER BY min(created_at)`;

export function listRequests(sql: Sql, query: RequestQuery | OneRequest): readonly ListedRequest[] {
  const rows =
    'requestId' in query
      ? sql.all(ONE_REQUEST, query.requestId, query.principal)
      : pendingRows(sql, query);
  return rows.map(requestOf);
}

function requestOf(row: Row): ListedRequest {
  const request = jsonOf<PermissionRequest>(row, 'record');
  const sessionName = row.session_name === null ? undefined : textOf(row, 'session_name');
  return { ...request, sessionName, workingDirectory: textOf(row, 'working_directory') };
}

const REQUEST = `r.record AS record, ${memberOf('s.record', '$.name')} AS session_name,
  ${memberOf('first.body', '$.options.workingDirectory')} AS working_directory`;
const ONE_REQUEST = `SELECT ${REQUEST}
  FROM permission_requests r JOIN sessions s ON s.id = r.session_id ${FIRST_EVENT}
  WHERE r.request_id = ? AND s.principal = ?`;
const PENDING_REQUESTS = `SELECT ${REQUEST}
  FROM permission_requests r CROSS JOIN sessions s ON s.id = r.session_id ${FIRST_EVENT}
  WHERE r.state = 'pending' AND s.principal = ?1
    AND (?2 IS NULL OR r.session_id = ?2) AND (?3 IS NULL OR s.mcp_session_id = ?3)
    AND (r.created_at, r.rowid) > (?5, coalesce((SELECT rowid FROM permission_requests WHERE request_id = ?6), 0))
  ORDER BY r.created_at, r.rowid LIMIT ?4`;

function pendingRows(sql: Sql, query: RequestQuery): readonly Row[] {
  const { principal, sessionId = null, mcpSessionId = null, limit } = query;
  const { createdAt, id } = query.cursor ?? { createdAt: -1, id: '' };
  return sql.all(PENDING_REQUESTS, principal, sessionId, mcpSessionId, limit, createdAt, id);
}

export function listIdle(sql: Sql, query: IdleQuery, steadyNow: number): readonly IdleSession[] {
  return sql
    .all(
      `SELECT id, last_seq FROM sessions
       WHERE ended_at IS NULL AND active_at < ?1 AND status <> 'busy'
         AND (?2 IS NULL OR principal = ?2)
       ORDER BY active_at LIMIT ?3`,
      steadyNow - query.idleMs,
      query.principal ?? null,
      query.limit,
    )
    .map((row) => ({ id: textOf(row, 'id'), lastSeq: numberOf(row, 'last_seq') }));
}
