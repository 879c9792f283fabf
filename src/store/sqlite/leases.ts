/** Who may run a session: the queue, the lease, and the process it was taken for. */

import type { SQLInputValue } from 'node:sqlite';
import { SessionError } from '../../errors.ts';
import type { BackgroundTask } from '../../session/background-task.ts';
import type { OpenTurn } from '../../session/decide.ts';
import { markedOnly, type ProcessIdentity } from '../../session/process.ts';
import type { Claim, Claimant, Fence, Lease, LeaseFact } from '../store.ts';
import { appendEvents } from './append.ts';
import { checkFence, isCurrent, UNDER_FENCE, valuesOf } from './fence.ts';
import { partsOf } from './rows.ts';
import { numberOf, type Row, type Sql, textOf } from './sql.ts';
import { isFatal, type Transaction } from './transaction.ts';

const PROCESS_COLUMNS = 'p.pid, p.start_time, p.boot_id, p.marker, p.epoch AS process_epoch';

/**
 * The session whose next turn this owner may take: of the principal, of its callers and of their sessions always the
 * one that has gone without a turn longest.
 */
export function nextWaiting(sql: Sql, claimant: Claimant, now: number): Row | 'full' | undefined {
  const { owner, takeLapsed } = claimant;
  const first = (condition: string, ...values: SQLInputValue[]) =>
    sql.get(WAITING(condition), JSON.stringify([...claimant.except]), ...values);
  if (!isFull(sql, claimant)) return first(MAY_TAKE, owner, takeLapsed ? 1 : 0, now, owner);
  // A process that exists already needs no further slot, but its session waits like the others.
  const next = first('(s.owner = ? OR s.owner IS NULL)', owner);
  return next?.owner === owner ? next : next && 'full';
}

/** Steps from one caller with work to the next, and looks at the first session of each that fits. */
const WAITING = (condition: string): string => `
  WITH RECURSIVE callers (caller) AS (
    SELECT min(caller) FROM sessions WHERE next_ord IS NOT NULL
    UNION ALL
    SELECT (SELECT min(caller) FROM sessions s WHERE next_ord IS NOT NULL AND s.caller > callers.caller)
    FROM callers WHERE callers.caller IS NOT NULL
  )
  SELECT w.id, w.owner, w.epoch, t.id AS turn_id, t.prompt, t.parts
  FROM callers
  JOIN sessions w ON w.id = (
    SELECT s.id FROM sessions s
    WHERE s.caller = callers.caller AND s.next_ord IS NOT NULL
      AND s.id NOT IN (SELECT value FROM json_each(?)) AND ${condition}
    ORDER BY s.served_at, s.next_ord LIMIT 1
  )
  JOIN turns t ON t.ord = w.next_ord
  LEFT JOIN served p ON p.who = w.principal
  LEFT JOIN served c ON c.who = w.caller
  ORDER BY coalesce(p.at, w.served_at), coalesce(c.at, w.served_at), w.served_at, w.next_ord
  LIMIT 1`;

/**
 * A session runs at the server that its MCP session is connected to, with that server's credentials
 * and settings; at any server if there is no such connection.
 */
const MAY_TAKE = `(s.owner = ?
  OR (s.owner IS NULL OR (? AND s.lease_until <= ?)) AND NOT EXISTS (
    SELECT 1 FROM connections c WHERE c.mcp_session_id = s.mcp_session_id AND c.owner <> ?
  ))`;

/** Whether the host has no slot for another process. Every lease counts as one. */
function isFull(sql: Sql, { maxLive }: Claimant): boolean {
  return sql.number('SELECT count(*) AS n FROM sessions WHERE owner IS NOT NULL') >= maxLive;
}

/** A claim on the side of another write, which succeeds even if the claim fails. */
export function tryToClaim(tx: Transaction, claimant: Claimant): Claim | 'full' | undefined {
  try {
    return claimTurn(tx, claimant);
  } catch (error) {
    if (isFatal(tx.sql, error)) throw error;
    tx.passedOver(undefined, error);
    return undefined;
  }
}

/** A session whose turn cannot be started, most likely because of a damaged row, is passed over: the others go on. */
export function claimTurn(tx: Transaction, claimant: Claimant): Claim | 'full' | undefined {
  const except = new Set(claimant.except);
  for (;;) {
    const row = nextWaiting(tx.sql, { ...claimant, except }, tx.now);
    if (row === undefined || row === 'full') return row;
    try {
      return tx.alone(() => claimRow(tx, claimant, row));
    } catch (error) {
      if (isFatal(tx.sql, error)) throw error;
      const sessionId = textOf(row, 'id');
      except.add(sessionId);
      tx.passedOver(sessionId, error);
    }
  }
}

function claimRow(tx: Transaction, { owner, warm }: Claimant, row: Row): Claim {
  // A process of ours that is still warm goes on under the epoch it was started with.
  const epoch = numberOf(row, 'epoch') + (row.owner === owner ? 0 : 1);
  const fence: Fence = { sessionId: textOf(row, 'id'), owner, epoch };
  setLease(tx, fence);
  // Orders for the session are ours from now on.
  if (row.owner !== owner) tx.touch({ sessionId: fence.sessionId, orders: true });
  tx.sql.run('UPDATE sessions SET served_at = ? WHERE id = ?', tx.steadyNow, fence.sessionId);
  const started = startTurn(tx, fence, row);
  const prompted = warm?.sessionId === fence.sessionId && warm.epoch === epoch;
  if (prompted) markPrompted(tx, fence, started.turn.id);
  return { ...started, prompted, leftover: leftoverOf(tx.sql, fence) };
}

function startTurn(tx: Transaction, fence: Fence, row: Row) {
  const turnId = textOf(row, 'turn_id');
  const start = { type: 'start_turn', turnId, origin: 'prompt' } as const;
  const { session, events } = appendEvents(tx, fence.sessionId, start, { fence });
  const started = events.find((event) => event.type === 'turn_started');
  if (started?.type !== 'turn_started') throw new Error(`turn ${turnId} was not started`);
  const turn: OpenTurn = { ...started.turn, ...partsOf(row), prompt: textOf(row, 'prompt') };
  return { session, turn, fence };
}

function leftoverOf(sql: Sql, fence: Fence): ProcessIdentity | undefined {
  const select = `SELECT ${PROCESS_COLUMNS} FROM processes p WHERE p.session_id = ? AND p.epoch < ?`;
  const row = sql.get(select, fence.sessionId, fence.epoch);
  return row && processOf(row);
}

function setLease({ sql, now, leaseMs }: Transaction, { sessionId, owner, epoch }: Fence): void {
  const set = 'UPDATE sessions SET owner = ?, epoch = ?, lease_until = ? WHERE id = ?';
  sql.run(set, owner, epoch, now + leaseMs, sessionId);
}

/** @throws SessionError CONFLICT if the turn does not run (any more): its prompt must not be sent */
export function note(tx: Transaction, fence: Fence, fact: LeaseFact): void {
  checkFence(tx.sql, fence.sessionId, fence);
  if ('process' in fact) recordProcess(tx, fence, fact.process);
  else if ('promptedTurn' in fact) markPrompted(tx, fence, fact.promptedTurn);
  else if ('heardAt' in fact) tx.sql.run(HEARD, fact.heardAt, fence.sessionId);
  else if ('tasks' in fact) noteTasks(tx, fence, fact.tasks);
  else expectProcess(tx, fence, fact.starting);
}

/** Only in the record: the column is the place in the list, which must stay while somebody reads it page by page. */
const HEARD = `UPDATE sessions
  SET record = json_replace(record, '$.lastActivity', max(record ->> '$.lastActivity', ?1),
    '$.heard.at', max(record ->> '$.heard.at', ?1)) WHERE id = ?2`;

/** In the record too, with the lease that it holds for: nothing has to clear it when the process is gone. */
function noteTasks(tx: Transaction, fence: Fence, tasks: readonly BackgroundTask[]): void {
  const { sessionId, epoch } = fence;
  tx.sql.run(SET_TASKS, JSON.stringify({ epoch, tasks }), sessionId);
  tx.touch({ sessionId });
}

const SET_TASKS = `UPDATE sessions SET record = json_set(record, '$.background', json(?)) WHERE id = ?`;

/** The turn that was claimed for a warm process goes to the new one, which has not seen it. */
function expectProcess(tx: Transaction, fence: Fence, marker: string): void {
  const unmark = `UPDATE turns SET phase = 'claimed'
    WHERE session_id = ? AND phase = 'prompted' AND state = 'running'`;
  tx.sql.run(unmark, fence.sessionId);
  recordProcess(tx, fence, markedOnly(marker));
}

function recordProcess({ sql }: Transaction, fence: Fence, process: ProcessIdentity): void {
  const { pid, startTime, bootId, marker } = process;
  const insert = 'INSERT OR REPLACE INTO processes VALUES (?, ?, ?, ?, ?, ?, ?)';
  sql.run(insert, ...valuesOf(fence), pid, startTime, bootId, marker);
}

function markPrompted(tx: Transaction, fence: Fence, turnId: string): void {
  const mark = `UPDATE turns SET phase = 'prompted'
    WHERE id = ? AND session_id = ? AND state = 'running'`;
  const marked = tx.sql.run(mark, turnId, fence.sessionId);
  if (marked === 0) throw new SessionError('CONFLICT', `turn ${turnId} is not running`);
}

/** The fences that are no longer the owner's. */
export function renewLeases(
  { sql, now, leaseMs }: Transaction,
  owner: string,
  fences: readonly Fence[],
): readonly Fence[] {
  const renew = `UPDATE sessions SET lease_until = ? WHERE ${UNDER_FENCE}`;
  return fences.filter(
    (fence) => sql.run(renew, now + leaseMs, ...valuesOf({ ...fence, owner })) === 0,
  );
}

export function releaseLease({ sql, touch }: Transaction, fence: Fence): void {
  const released = sql.run(RELEASE, ...valuesOf(fence));
  if (released === 0) return;
  sql.run('DELETE FROM processes WHERE session_id = ?', fence.sessionId);
  touch({ sessionId: fence.sessionId, work: true });
}

const RELEASE = `UPDATE sessions SET owner = NULL, lease_until = NULL
  WHERE ${UNDER_FENCE} AND NOT EXISTS (
    SELECT 1 FROM turns WHERE session_id = sessions.id AND state = 'running'
  )`;

export function takeOverLease(tx: Transaction, fence: Fence, owner: string): Fence | undefined {
  if (!isCurrent(tx.sql, fence)) return undefined;
  const { sessionId, epoch } = fence;
  const taken: Fence = { sessionId, owner, epoch: epoch + 1 };
  setLease(tx, taken);
  tx.touch({ sessionId, orders: true });
  return taken;
}

const LEASES = `
  SELECT s.id, s.owner, s.epoch, s.lease_until, t.id AS turn_id, t.phase, ${PROCESS_COLUMNS}
  FROM sessions s
  LEFT JOIN turns t ON t.session_id = s.id AND t.state = 'running'
  LEFT JOIN processes p ON p.session_id = s.id
  WHERE s.owner IS NOT NULL`;

export function readLeases(sql: Sql, sessionId?: string): readonly Lease[] {
  const rows =
    sessionId === undefined
      ? sql.all(`${LEASES} ORDER BY s.owner, s.id`)
      : sql.all(`${LEASES} AND s.id = ?`, sessionId);
  return rows.map(leaseOf);
}

function leaseOf(row: Row): Lease {
  const turnId = row.turn_id;
  return {
    fence: {
      sessionId: textOf(row, 'id'),
      owner: textOf(row, 'owner'),
      epoch: numberOf(row, 'epoch'),
    },
    until: numberOf(row, 'lease_until'),
    process: row.pid === null ? undefined : processOf(row),
    turn:
      typeof turnId === 'string' ? { id: turnId, prompted: row.phase === 'prompted' } : undefined,
  };
}

function processOf(row: Row): ProcessIdentity {
  return {
    pid: numberOf(row, 'pid'),
    startTime: textOf(row, 'start_time'),
    bootId: textOf(row, 'boot_id'),
    marker: textOf(row, 'marker'),
  };
}
