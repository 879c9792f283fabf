/** The one way into the log: decide on the row as it is, number, apply, write, and keep the sums. */

import { quoteId, SessionError, SessionNotFoundError } from '../../errors.ts';
import { type Command, type Decided, needsOf, resolve } from '../../session/command.ts';
import type { EventBody, SessionEvent } from '../../session/event.ts';
import type { Session } from '../../session/session.ts';
import { type Draft, draftOf, type Loaded } from '../draft.ts';
import { changesQueue } from '../projection.ts';
import type { Appended, AppendOptions, Reply, RequestKey } from '../store.ts';
import { checkFence } from './fence.ts';
import { loadState } from './load.ts';
import { changeRow } from './row-changes.ts';
import { bodyOf, recordOf, SELECT_SESSION, sessionOf, turnIdOf } from './rows.ts';
import { jsonOf, type Row, type Sql, textOf } from './sql.ts';
import type { Transaction } from './transaction.ts';

export function createSession(
  tx: Transaction,
  sessionId: string,
  bodies: readonly EventBody[],
  key?: RequestKey,
): Appended {
  return keyed(tx, key, () => {
    if (tx.sql.get('SELECT 1 FROM sessions WHERE id = ?', sessionId) !== undefined) {
      throw new SessionError('CONFLICT', `session ${sessionId} exists already`);
    }
    const loaded = { sessionId, session: undefined, openTurns: [] };
    return write(tx, loaded, { events: bodies }, null);
  });
}

export function appendEvents(
  tx: Transaction,
  sessionId: string,
  command: Command,
  { fence, key, answers, asker }: AppendOptions,
): Appended {
  const appended = keyed(tx, key, () => {
    const session = readSession(tx.sql, sessionId);
    if (fence !== undefined) checkFence(tx.sql, sessionId, fence);
    const state = loadState(tx.sql, session, needsOf(command));
    const decided = resolve(state, command, { asker, now: tx.now });
    return write(tx, { ...state, sessionId }, decided, fence?.epoch ?? null);
  });
  if (answers !== undefined) replaceReply(tx.sql, answers, appended.reply);
  return appended;
}

export function readSession(sql: Sql, sessionId: string): Session {
  const row = sql.get(`${SELECT_SESSION} WHERE s.id = ?`, sessionId);
  if (row === undefined) throw new SessionNotFoundError(sessionId);
  return sessionOf(row);
}

/** Answers a retried call as the first one was, and remembers what a new one is answered. */
function keyed(tx: Transaction, key: RequestKey | undefined, work: () => Appended): Appended {
  const reply = key && readReply(tx.sql, key);
  if (reply !== undefined) {
    return { session: readSession(tx.sql, reply.sessionId), events: [], reply, isRetry: true };
  }
  const appended = work();
  if (key !== undefined && appended.heldBy === undefined) remember(tx, key, appended.reply);
  return appended;
}

/** @throws SessionError CONFLICT if the key was used with other arguments */
export function readReply(sql: Sql, key: RequestKey): Reply | undefined {
  const select = `SELECT fingerprint, reply FROM requests WHERE ${OF_KEY}`;
  const row = sql.get(select, key.principal, key.tool, key.key);
  if (row === undefined) return undefined;
  if (textOf(row, 'fingerprint') === key.fingerprint) return jsonOf<Reply>(row, 'reply');
  throw new SessionError(
    'CONFLICT',
    `idempotencyKey ${quoteId(key.key)} was used before with other arguments`,
    { hint: 'repeat the call exactly, or use a new key.' },
  );
}

function remember({ sql, steadyNow }: Transaction, key: RequestKey, reply: Reply): void {
  const { principal, tool, fingerprint } = key;
  const insert = 'INSERT INTO requests VALUES (?, ?, ?, ?, ?, ?)';
  sql.run(insert, principal, tool, key.key, fingerprint, JSON.stringify(reply), steadyNow);
}

function replaceReply(sql: Sql, { principal, tool, key }: RequestKey, reply: Reply): void {
  const update = `UPDATE requests SET reply = ? WHERE ${OF_KEY}`;
  sql.run(update, JSON.stringify(reply), principal, tool, key);
}

const OF_KEY = 'principal = ? AND tool = ? AND key = ?';

function write(tx: Transaction, loaded: Loaded, decided: Decided, epoch: number | null): Appended {
  const { session, events, rows, sums } = draftOf(loaded, decided.events, tx.now, epoch);
  if (events.length > 0) {
    if (loaded.session === undefined) insertSession(tx, session);
    for (const event of events) writeEvent(tx.sql, session.id, event, epoch);
    for (const change of rows) changeRow(tx, session.id, change);
    const work = writeSession(tx, loaded.session, { session, rows });
    tx.sums.change(sums);
    tx.touch({ sessionId: session.id, change: { session, events }, work });
  }
  const { heldBy, refused } = decided;
  return { session, events, reply: replyOf(session, events, decided), heldBy, refused };
}

/** After its turns. Returns whether it has a turn to run next; undefined if that cannot have changed. */
function writeSession(
  tx: Transaction,
  before: Session | undefined,
  { session, rows }: Pick<Draft, 'session' | 'rows'>,
): boolean | undefined {
  const isTied = before !== undefined && session.mcpSessionId !== before.mcpSessionId;
  // Apart, since this rewrites an entry of an index.
  if (isTied) tx.sql.run(TIE, session.mcpSessionId, session.id);
  const mayChangeNext = isTied || rows.some(changesQueue);
  if (mayChangeNext) return updateSession(tx, session, UPDATE_WITH_NEXT)?.next_ord !== null;
  if (before !== undefined) updateSession(tx, session, UPDATE);
  return undefined;
}

const TIE = 'UPDATE sessions SET mcp_session_id = ? WHERE id = ?';

/** A new session is queued as if it had been served at its creation. */
function insertSession({ sql, steadyNow }: Transaction, session: Session): void {
  sql.run(
    `INSERT INTO sessions
       (id, principal, mcp_session_id, status, created_at, last_activity, active_at, ended_at, last_seq, served_at, record)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    session.id,
    session.principal,
    session.mcpSessionId,
    session.status,
    session.createdAt,
    session.lastActivity,
    steadyNow,
    session.endedAt ?? null,
    session.lastSeq,
    steadyNow,
    recordOf(session),
  );
}

const SET =
  'SET status = ?, last_activity = ?, active_at = ?, ended_at = ?, last_seq = ?, record = ?';
const UPDATE = `UPDATE sessions ${SET} WHERE id = ?`;

/** The next turn is the first queued one by rank, unless one runs. */
const UPDATE_WITH_NEXT = `UPDATE sessions ${SET}, next_ord = (
    SELECT iif(state = 'queued', ord, NULL) FROM turns
    WHERE session_id = sessions.id AND state IN ('queued', 'running')
    ORDER BY state = 'queued', rank, ord LIMIT 1
  ) WHERE id = ? RETURNING next_ord`;

function updateSession(
  { sql, steadyNow }: Transaction,
  session: Session,
  update: string,
): Row | undefined {
  return sql.get(
    update,
    session.status,
    session.lastActivity,
    steadyNow,
    session.endedAt ?? null,
    session.lastSeq,
    recordOf(session),
    session.id,
  );
}

function writeEvent(sql: Sql, sessionId: string, event: SessionEvent, epoch: number | null): void {
  const { seq, at, type } = event;
  const insert = 'INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)';
  sql.run(insert, sessionId, seq, at, type, turnIdOf(event), epoch, bodyOf(event));
}

function replyOf(
  session: Session,
  events: readonly SessionEvent[],
  { turnId, effect, failure }: Decided,
): Reply {
  const queued = events.find((event) => event.type === 'prompt_queued');
  return {
    sessionId: session.id,
    turnId: turnId ?? queued?.turnId,
    after: session.lastSeq,
    effect,
    failure,
  };
}
