/** Executes what the projection says. */

import { SERVED_KEPT_MS } from '../../limits.ts';
import type { PermissionRequest, PromptParts, Turn } from '../../session/event.ts';
import type { RowChange } from '../projection.ts';
import type { Sql } from './sql.ts';
import type { Transaction } from './transaction.ts';

export function changeRow(tx: Transaction, sessionId: string, change: RowChange): void {
  const { sql } = tx;
  switch (change.kind) {
    case 'label':
      sql.run('INSERT INTO session_labels VALUES (?, ?, ?)', sessionId, change.key, change.value);
      return;
    case 'unlabel':
      sql.run('DELETE FROM session_labels WHERE session_id = ?', sessionId);
      return;
    case 'link':
      sql.run('INSERT OR IGNORE INTO session_tasks VALUES (?, ?)', sessionId, change.taskId);
      return;
    case 'unlink':
      sql.run(UNLINK, sessionId, change.taskId);
      return;
    case 'insert_turn':
      insertTurn(sql, change.turn, change.prompt, change.parts);
      return;
    case 'put_first':
      sql.run(PUT_FIRST, sessionId, change.turnId);
      return;
    case 'start_turn':
      startTurn(sql, change.turn, change.epoch);
      return;
    case 'end_turn':
      sql.run(END_TURN, change.turn.state, JSON.stringify(change.turn), change.turn.id);
      return;
    case 'requeue_turn':
      sql.run(REQUEUE_TURN, JSON.stringify(change.turn), change.turn.id);
      return;
    case 'insert_request':
      insertRequest(sql, sessionId, change.request);
      return;
    case 'answer_request':
      sql.run(
        ANSWER,
        change.request.state,
        JSON.stringify(change.request),
        change.request.requestId,
      );
      return;
    case 'remember':
      sql.run('INSERT OR IGNORE INTO remembered_permissions VALUES (?, ?)', sessionId, change.name);
      return;
    case 'served':
      noteServed(tx, sessionId);
  }
}

const UNLINK = 'DELETE FROM session_tasks WHERE session_id = ? AND task_id = ?';
const PUT_FIRST = `UPDATE turns SET rank = (
    SELECT min(rank) - 1 FROM turns WHERE session_id = ? AND state = 'queued'
  ) WHERE id = ?`;
const END_TURN = `UPDATE turns SET state = ?, record = ?, prompt = '', parts = NULL WHERE id = ?`;
const START_TURN = `UPDATE turns SET state = 'running', phase = ?, epoch = ?, record = ?, parts_read = parts_read + 1
  WHERE id = ?`;
const ANSWER = 'UPDATE permission_requests SET state = ?, record = ? WHERE request_id = ?';
const REQUEUE_TURN = `UPDATE turns SET state = 'queued', phase = NULL, epoch = NULL, record = ? WHERE id = ?`;

function insertTurn(sql: Sql, turn: Turn, prompt: string, parts: PromptParts): void {
  const { id, sessionId, state } = turn;
  const json = JSON.stringify(parts);
  const row = [id, sessionId, state, JSON.stringify(turn), prompt, json === '{}' ? null : json];
  sql.run(INSERT_TURN, ...row);
}

const INSERT_TURN =
  'INSERT INTO turns (id, session_id, state, record, prompt, parts) VALUES (?, ?, ?, ?, ?, ?)';

/** An autonomous turn has no prompt to deliver. */
function startTurn(sql: Sql, turn: Turn, epoch: number | null): void {
  const phase = turn.origin === 'autonomous' ? 'prompted' : 'claimed';
  sql.run(START_TURN, phase, epoch, JSON.stringify(turn), turn.id);
}

function insertRequest(sql: Sql, sessionId: string, request: PermissionRequest): void {
  const { requestId, turnId, state, createdAt, expiresAt } = request;
  const insert = 'INSERT INTO permission_requests VALUES (?, ?, ?, ?, ?, ?, ?)';
  sql.run(
    insert,
    requestId,
    sessionId,
    turnId,
    state,
    createdAt,
    expiresAt,
    JSON.stringify(request),
  );
}

/** What is long ago makes no difference any more. */
function noteServed({ sql, steadyNow }: Transaction, sessionId: string): void {
  sql.run(
    `INSERT OR REPLACE INTO served
     SELECT principal, ?1 FROM sessions WHERE id = ?2 UNION ALL SELECT caller, ?1 FROM sessions WHERE id = ?2`,
    steadyNow,
    sessionId,
  );
  sql.run('DELETE FROM served WHERE at < ?', steadyNow - SERVED_KEPT_MS);
}
