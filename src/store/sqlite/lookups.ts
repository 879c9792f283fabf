/** Small reads over many sessions: completions of a word that is being typed, and what has changed lately. */

import { COMPLETION_SESSIONS_SCANNED_MAX } from '../../limits.ts';
import { taskScope } from '../../session/metrics.ts';
import type { ActivityQuery, CompletionQuery, NameQuery, SessionMark } from '../queries.ts';
import { numberOf, type Row, type Sql, textOf } from './sql.ts';

/** The newest sessions, at a bounded cost: the index alone has all that is needed. */
const RECENT = `SELECT id, last_activity FROM sessions INDEXED BY sessions_recent
  WHERE principal = ? ORDER BY last_activity DESC, id DESC LIMIT ${COMPLETION_SESSIONS_SCANNED_MAX}`;

export function complete(sql: Sql, query: CompletionQuery): readonly string[] {
  switch (query.of) {
    case 'session':
      return completeSession(sql, query);
    case 'task':
      return completeTask(sql, query);
    case 'label':
      return completeLabel(sql, query);
  }
}

function completeSession(sql: Sql, query: CompletionQuery): readonly string[] {
  const { principal, limit, prefix } = query;
  const like = likePrefix(prefix);
  const recent = wordsOf(sql.all(RECENT_SESSIONS, principal, like, like, limit));
  const older = wordsOf(sql.all(OLDER_SESSIONS, prefix, endOf(prefix), principal, limit));
  return [...new Set([...recent, ...older])].slice(0, limit);
}

const RECENT_SESSIONS = `SELECT r.id AS word FROM (${RECENT}) r CROSS JOIN sessions s ON s.id = r.id
  WHERE s.id LIKE ? ESCAPE '\\' OR json_extract(s.record, '$.name') LIKE ? ESCAPE '\\'
  ORDER BY r.last_activity DESC, r.id DESC LIMIT ?`;

/** Few sessions begin with a long prefix, whoever owns them, so this finds the older ones of a principal too. */
const OLDER_SESSIONS = `SELECT id AS word FROM (
    SELECT id, principal FROM sessions WHERE id >= ? AND id < ?
    ORDER BY id LIMIT ${COMPLETION_SESSIONS_SCANNED_MAX}
  ) WHERE principal = ? LIMIT ?`;

/** Each task of a principal has one row of sums, which has its id in the key. */
const TASKS = `SELECT substr(scope, ?) AS word FROM metrics
  WHERE principal = ? AND scope >= ? AND scope < ? ORDER BY scope LIMIT ?`;

function completeTask(sql: Sql, { principal, prefix, limit }: CompletionQuery): readonly string[] {
  const scope = taskScope(prefix);
  const start = taskScope('').length + 1;
  return wordsOf(sql.all(TASKS, start, principal, scope, endOf(scope), limit));
}

const LABELS = `SELECT DISTINCT l.key || '=' || l.value AS word
  FROM (${RECENT}) r CROSS JOIN session_labels l ON l.session_id = r.id
  WHERE word LIKE ? ESCAPE '\\' ORDER BY word LIMIT ?`;

function completeLabel(sql: Sql, { principal, prefix, limit }: CompletionQuery): readonly string[] {
  return wordsOf(sql.all(LABELS, principal, likePrefix(prefix), limit));
}

export function isOpen(sql: Sql, idPrefix: string): boolean {
  const open = 'SELECT 1 FROM sessions WHERE id >= ? AND id < ? AND ended_at IS NULL LIMIT 1';
  return sql.get(open, idPrefix, endOf(idPrefix)) !== undefined;
}

export function listNamed(sql: Sql, { principal, name, limit }: NameQuery): readonly string[] {
  return wordsOf(sql.all(NAMED, principal, name, limit));
}

const NAMED = `SELECT id AS word FROM sessions
  WHERE principal = ? AND name = ? AND ended_at IS NULL ORDER BY id LIMIT ?`;

export function listActivity(sql: Sql, query: ActivityQuery): readonly SessionMark[] {
  const { principal, after, limit } = query;
  return sql.all(ACTIVITY, principal, after.lastActivity, after.id, limit).map(markOf);
}

const ACTIVITY = `SELECT id, last_activity, last_seq, created_at, ended_at FROM sessions
  WHERE principal = ? AND (last_activity, id) > (?, ?) ORDER BY last_activity, id LIMIT ?`;

function markOf(row: Row): SessionMark {
  return {
    id: textOf(row, 'id'),
    lastActivity: numberOf(row, 'last_activity'),
    lastSeq: numberOf(row, 'last_seq'),
    createdAt: numberOf(row, 'created_at'),
    endedAt: row.ended_at === null ? undefined : numberOf(row, 'ended_at'),
  };
}

function wordsOf(rows: readonly Row[]): readonly string[] {
  return rows.map((row) => textOf(row, 'word'));
}

function likePrefix(prefix: string): string {
  return `${prefix.replace(/[\\%_]/g, '\\$&')}%`;
}

/** Greater than every text with this prefix. */
export function endOf(prefix: string): string {
  return `${prefix}\u{10ffff}`;
}
