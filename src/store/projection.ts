/** What the tables beside the log hold, as each event of it changes them. */

import { SERVED_KEPT_MS } from '../limits.ts';
import type { EventBody, PermissionRequest, SessionEvent, Trace, Turn } from '../session/event.ts';
import { ruleName } from '../session/remembered.ts';
import type { Transaction } from './commit-queue.ts';
import { turnOf } from './rows.ts';
import type { Sql } from './sql.ts';

/** @param epoch the lease an event was written under, null where it needed none */
export function project(
  { sql, steadyNow }: Transaction,
  sessionId: string,
  event: SessionEvent,
  epoch: number | null,
): void {
  switch (event.type) {
    case 'session_created':
      for (const [key, value] of Object.entries(event.labels)) {
        sql.run('INSERT INTO session_labels VALUES (?, ?, ?)', sessionId, key, value);
      }
      return;
    case 'task_linked':
      sql.run('INSERT OR IGNORE INTO session_tasks VALUES (?, ?)', sessionId, event.taskId);
      return;
    case 'task_unlinked':
      sql.run(
        'DELETE FROM session_tasks WHERE session_id = ? AND task_id = ?',
        sessionId,
        event.taskId,
      );
      return;
    case 'permission_requested':
      insertRequest(sql, sessionId, event.request);
      return;
    case 'permission_answered':
      updateRequest(sql, event.request);
      rememberAnswer(sql, sessionId, event.request);
      return;
    default:
      projectTurn(sql, sessionId, event, epoch);
      if (event.type === 'turn_ended') noteServed(sql, sessionId, steadyNow);
  }
}

function projectTurn(sql: Sql, sessionId: string, event: SessionEvent, epoch: number | null): void {
  switch (event.type) {
    case 'prompt_queued':
      insertTurn(
        sql,
        queued(sessionId, { id: event.turnId, queuedAt: event.at, trace: event.trace }),
        event.prompt,
      );
      if (event.next) putFirst(sql, sessionId, event.turnId);
      return;
    case 'prompt_cancelled':
      endTurn(sql, {
        ...readTurn(sql, event.turnId),
        state: 'cancelled',
        endedAt: event.at,
      });
      return;
    case 'turn_started':
      startTurn(sql, event.turn, epoch);
      return;
    case 'turn_ended':
      endTurn(sql, event.turn);
      return;
    case 'notice':
      if (event.requeued && event.turnId !== undefined) {
        requeueTurn(sql, readTurn(sql, event.turnId), event.crashes);
      }
      return;
    default:
  }
}

type Queued = Pick<Turn, 'id' | 'queuedAt'> & { readonly trace?: Trace | undefined };

function queued(sessionId: string, { id, queuedAt, trace }: Queued): Turn {
  return { id, sessionId, state: 'queued', origin: 'prompt', queuedAt, ...(trace && { trace }) };
}

function insertTurn(sql: Sql, turn: Turn, prompt: string): void {
  sql.run(
    'INSERT INTO turns (id, session_id, state, record, prompt) VALUES (?, ?, ?, ?, ?)',
    turn.id,
    turn.sessionId,
    turn.state,
    JSON.stringify(turn),
    prompt,
  );
}

/** An autonomous turn has no prompt to deliver: Claude Code is at it already. */
function startTurn(sql: Sql, turn: Turn, epoch: number | null): void {
  if (turn.origin === 'autonomous') insertTurn(sql, turn, '');
  sql.run(
    `UPDATE turns SET state = 'running', phase = ?, epoch = ?, record = ? WHERE id = ?`,
    turn.origin === 'autonomous' ? 'prompted' : 'claimed',
    epoch,
    JSON.stringify(turn),
    turn.id,
  );
}

/** The prompt stays in the log; its copy here has served. */
function endTurn(sql: Sql, turn: Turn): void {
  sql.run(
    `UPDATE turns SET state = ?, record = ?, prompt = '' WHERE id = ?`,
    turn.state,
    JSON.stringify(turn),
    turn.id,
  );
}

/** Remembers when a turn of the session's caller has ended; what is long ago makes no difference any more. */
function noteServed(sql: Sql, sessionId: string, at: number): void {
  sql.run(
    `INSERT OR REPLACE INTO served
     SELECT principal, ?1 FROM sessions WHERE id = ?2 UNION ALL SELECT caller, ?1 FROM sessions WHERE id = ?2`,
    at,
    sessionId,
  );
  sql.run('DELETE FROM served WHERE at < ?', at - SERVED_KEPT_MS);
}

/** Where several are put first, the last of them is. */
function putFirst(sql: Sql, sessionId: string, turnId: string): void {
  sql.run(
    `UPDATE turns SET rank = (
       SELECT min(rank) - 1 FROM turns WHERE session_id = ? AND state = 'queued'
     ) WHERE id = ?`,
    sessionId,
    turnId,
  );
}

function requeueTurn(sql: Sql, before: Turn, crashes?: number): void {
  const { id, sessionId } = before;
  const turn = { ...queued(sessionId, before), ...(crashes !== undefined && { crashes }) };
  sql.run(
    `UPDATE turns SET state = 'queued', phase = NULL, epoch = NULL, record = ? WHERE id = ?`,
    JSON.stringify(turn),
    id,
  );
}

function readTurn(sql: Sql, turnId: string): Turn {
  const row = sql.get('SELECT record FROM turns WHERE id = ?', turnId);
  if (row === undefined) throw new Error(`an event names turn ${turnId}, which was never queued`);
  return turnOf(row);
}

function insertRequest(sql: Sql, sessionId: string, request: PermissionRequest): void {
  sql.run(
    'INSERT INTO permission_requests VALUES (?, ?, ?, ?, ?, ?, ?)',
    request.requestId,
    sessionId,
    request.turnId,
    request.state,
    request.createdAt,
    request.expiresAt,
    JSON.stringify(request),
  );
}

function updateRequest(sql: Sql, request: PermissionRequest): void {
  sql.run(
    'UPDATE permission_requests SET state = ?, record = ? WHERE request_id = ?',
    request.state,
    JSON.stringify(request),
    request.requestId,
  );
}

function rememberAnswer(sql: Sql, sessionId: string, { remembered }: PermissionRequest): void {
  if (remembered === undefined) return;
  sql.run(
    'INSERT OR IGNORE INTO remembered_permissions VALUES (?, ?)',
    sessionId,
    ruleName(remembered.rule),
  );
}

/** Events after which another turn may be the next one to run, or another server may run it. */
export function changesQueue(event: EventBody): boolean {
  switch (event.type) {
    case 'session_tied':
    case 'prompt_queued':
    case 'prompt_cancelled':
    case 'turn_started':
    case 'turn_ended':
      return true;
    case 'notice':
      return event.requeued === true;
    default:
      return false;
  }
}
