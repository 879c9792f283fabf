/** The peers of servers that share an SQLite file. */

import {
  type Connection,
  ORDER_KINDS,
  type Order,
  type Peers,
  type ServerEntry,
} from '../peers.ts';
import type { CommitQueue } from './commit-queue.ts';
import type { Read } from './lock.ts';
import { numberOf, type Row, type Sql, textOf } from './sql.ts';

export function peersOn(queue: CommitQueue, read: Read): Peers {
  return {
    joined: ({ owner, transport, since }) =>
      queue.add(({ sql }) => void sql.run(JOIN, owner, transport, since)),
    left: (owner) =>
      queue.add(({ sql }) => void sql.run('DELETE FROM servers WHERE owner = ?', owner)),
    servers: () => read(readServers),
    connect: ({ mcpSessionId, principal, owner }) =>
      queue.add(({ sql }) => void sql.run(CONNECT, mcpSessionId, principal, owner)),
    disconnect: (mcpSessionId) =>
      queue.add(({ sql, touch }) => {
        sql.run('DELETE FROM connections WHERE mcp_session_id = ?', mcpSessionId);
        // Its sessions are no longer bound to that server.
        touch({ work: true });
      }),
    connections: (mcpSessionId) => read((sql) => readConnections(sql, mcpSessionId)),
    send: ({ id, sessionId, kind, turnId = null, text }) =>
      queue.add(({ sql, touch }) => {
        sql.run(SEND, id, sessionId, kind, turnId, text);
        touch({ sessionId, orders: true });
      }),
    orders: (owner) => read((sql) => sql.all(ORDERS, owner).map(orderOf)),
    orderState: (orderId) =>
      read((sql) => {
        const row = sql.get('SELECT refused FROM orders WHERE id = ?', orderId);
        if (row === undefined) return 'done';
        return row.refused === 0 ? 'open' : 'refused';
      }),
    settle: ({ id, sessionId }, as) =>
      queue.add(({ sql, touch }) => {
        sql.run(SETTLE[as], id);
        touch({ sessionId });
      }),
  };
}

export function readServers(sql: Sql): readonly ServerEntry[] {
  return sql.all('SELECT * FROM servers ORDER BY since, owner').map((row) => ({
    owner: textOf(row, 'owner'),
    transport: textOf(row, 'transport') === 'http' ? 'http' : 'stdio',
    since: numberOf(row, 'since'),
  }));
}

export function readConnections(sql: Sql, mcpSessionId?: string): readonly Connection[] {
  return sql.all(CONNECTIONS, mcpSessionId ?? null).map(connectionOf);
}

const JOIN = 'INSERT OR REPLACE INTO servers VALUES (?, ?, ?)';
const CONNECT = 'INSERT OR REPLACE INTO connections VALUES (?, ?, ?)';
const CONNECTIONS = 'SELECT * FROM connections WHERE ?1 IS NULL OR mcp_session_id = ?1';
const SEND = 'INSERT INTO orders (id, session_id, kind, turn_id, text) VALUES (?, ?, ?, ?, ?)';
const ORDERS = `SELECT o.id, o.session_id, o.kind, o.turn_id, o.text
  FROM orders o JOIN sessions s ON s.id = o.session_id
  WHERE s.owner = ? AND o.refused = 0 ORDER BY o.rowid`;
const SETTLE = {
  done: 'DELETE FROM orders WHERE id = ?',
  refused: 'UPDATE orders SET refused = 1 WHERE id = ?',
};

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
