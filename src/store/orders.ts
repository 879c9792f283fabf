/** What servers on one state directory tell each other: who is connected, and what to do with a run. */

import type { Transaction } from './commit-queue.ts';
import { type Row, type Sql, textOf } from './sql.ts';
import { type Connection, ORDER_KINDS, type Order, type OrderState } from './store.ts';

export function connect(tx: Transaction, connection: Connection): void {
  const { mcpSessionId, principal, owner } = connection;
  tx.sql.run('INSERT OR REPLACE INTO connections VALUES (?, ?, ?)', mcpSessionId, principal, owner);
}

export function disconnect(tx: Transaction, mcpSessionId: string): void {
  tx.sql.run('DELETE FROM connections WHERE mcp_session_id = ?', mcpSessionId);
}

export function findConnection(sql: Sql, mcpSessionId: string): Connection | undefined {
  const row = sql.get('SELECT * FROM connections WHERE mcp_session_id = ?', mcpSessionId);
  return row === undefined ? undefined : connectionOf(row);
}

export function readConnections(sql: Sql): readonly Connection[] {
  return sql.all('SELECT * FROM connections').map(connectionOf);
}

function connectionOf(row: Row): Connection {
  return {
    mcpSessionId: textOf(row, 'mcp_session_id'),
    principal: textOf(row, 'principal'),
    owner: textOf(row, 'owner'),
  };
}

export function sendOrder(tx: Transaction, order: Order): void {
  const { id, sessionId, kind, turnId, text } = order;
  tx.sql.run(
    'INSERT INTO orders (id, session_id, kind, turn_id, text) VALUES (?, ?, ?, ?, ?)',
    id,
    sessionId,
    kind,
    turnId ?? null,
    text,
  );
  tx.touch(sessionId);
}

export function readOrders(sql: Sql, owner: string): readonly Order[] {
  return sql
    .all(
      `SELECT o.id, o.session_id, o.kind, o.turn_id, o.text
       FROM orders o JOIN sessions s ON s.id = o.session_id
       WHERE s.owner = ? AND o.refused = 0 ORDER BY o.rowid`,
      owner,
    )
    .map(orderOf);
}

export function orderState(sql: Sql, orderId: string): OrderState {
  const row = sql.get('SELECT refused FROM orders WHERE id = ?', orderId);
  if (row === undefined) return 'done';
  return row.refused === 0 ? 'open' : 'refused';
}

export function finishOrder(tx: Transaction, order: Order): void {
  tx.sql.run('DELETE FROM orders WHERE id = ?', order.id);
  tx.touch(order.sessionId);
}

export function refuseOrder(tx: Transaction, order: Order): void {
  tx.sql.run('UPDATE orders SET refused = 1 WHERE id = ?', order.id);
  tx.touch(order.sessionId);
}

function orderOf(row: Row): Order {
  const kind = ORDER_KINDS.find((known) => known === row.kind);
  if (kind === undefined) throw new Error(`order ${textOf(row, 'id')} has an unknown kind`);
  return {
    id: textOf(row, 'id'),
    sessionId: textOf(row, 'session_id'),
    kind,
    ...(row.turn_id !== null && { turnId: textOf(row, 'turn_id') }),
    text: textOf(row, 'text'),
  };
}
