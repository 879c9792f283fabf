/** The peers of servers that share an SQLite file. */

import { type Connection, ORDER_KINDS, type Order, type OrderState, type Peers } from '../peers.ts';
import type { CommitQueue } from './commit-queue.ts';
import { type Row, type Sql, textOf } from './sql.ts';

export class SqlitePeers implements Peers {
  readonly #queue: CommitQueue;
  readonly #read: <T>(read: (sql: Sql) => T) => Promise<T>;

  constructor(queue: CommitQueue, read: <T>(read: (sql: Sql) => T) => Promise<T>) {
    this.#queue = queue;
    this.#read = read;
  }

  connect({ mcpSessionId, principal, owner }: Connection): Promise<void> {
    const insert = 'INSERT OR REPLACE INTO connections VALUES (?, ?, ?)';
    return this.#queue.add(({ sql }) => void sql.run(insert, mcpSessionId, principal, owner));
  }

  disconnect(mcpSessionId: string): Promise<void> {
    const remove = 'DELETE FROM connections WHERE mcp_session_id = ?';
    return this.#queue.add(({ sql, touch }) => {
      sql.run(remove, mcpSessionId);
      // Its sessions are no longer bound to that server.
      touch({ work: true });
    });
  }

  connections(mcpSessionId?: string): Promise<readonly Connection[]> {
    const select = 'SELECT * FROM connections WHERE ?1 IS NULL OR mcp_session_id = ?1';
    return this.#read((sql) => sql.all(select, mcpSessionId ?? null).map(connectionOf));
  }

  send({ id, sessionId, kind, turnId, text }: Order): Promise<void> {
    return this.#queue.add((tx) => {
      tx.sql.run(
        'INSERT INTO orders (id, session_id, kind, turn_id, text) VALUES (?, ?, ?, ?, ?)',
        id,
        sessionId,
        kind,
        turnId ?? null,
        text,
      );
      tx.touch({ sessionId, orders: true });
    });
  }

  orders(owner: string): Promise<readonly Order[]> {
    const select = `SELECT o.id, o.session_id, o.kind, o.turn_id, o.text
      FROM orders o JOIN sessions s ON s.id = o.session_id
      WHERE s.owner = ? AND o.refused = 0 ORDER BY o.rowid`;
    return this.#read((sql) => sql.all(select, owner).map(orderOf));
  }

  orderState(orderId: string): Promise<OrderState> {
    return this.#read((sql) => {
      const row = sql.get('SELECT refused FROM orders WHERE id = ?', orderId);
      if (row === undefined) return 'done';
      return row.refused === 0 ? 'open' : 'refused';
    });
  }

  settle({ id, sessionId }: Order, as: 'done' | 'refused'): Promise<void> {
    const settle =
      as === 'done'
        ? 'DELETE FROM orders WHERE id = ?'
        : 'UPDATE orders SET refused = 1 WHERE id = ?';
    return this.#queue.add((tx) => {
      tx.sql.run(settle, id);
      tx.touch({ sessionId });
    });
  }
}

function connectionOf(row: Row): Connection {
  return {
    mcpSessionId: textOf(row, 'mcp_session_id'),
    principal: textOf(row, 'principal'),
    owner: textOf(row, 'owner'),
  };
}

function orderOf(row: Row): Order {
  const kind = ORDER_KINDS.find((known) => known === row.kind);
  if (kind === undefined) throw new Error(`order ${textOf(row, 'id')} has an unknown kind`);
  return {
    id: textOf(row, 'id'),
    sessionId: textOf(row, 'session_id'),
    kind,
    turnId: row.turn_id === null ? undefined : textOf(row, 'turn_id'),
    text: textOf(row, 'text'),
  };
}
