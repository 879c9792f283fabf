/** What an operator reads, from the SQLite file, through a connection that cannot write. */

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SessionError } from '../../errors.ts';
import { LOCK_ATTEMPT_MS } from '../../limits.ts';
import type { PermissionRequest } from '../../session/event.ts';
import type { ActiveSession, Inspection } from '../inspection.ts';
import { DATABASE_FILE } from './files.ts';
import { readLeases } from './leases.ts';
import { readerOf, whileLocked } from './lock.ts';
import { endOf } from './lookups.ts';
import { refuseNewerSchema, SCHEMA_VERSION, schemaVersionOf } from './migrations.ts';
import { refusal } from './open.ts';
import { readConnections, readServers } from './peers.ts';
import { listMemories, listRequests, listSessions, readEvents } from './reads.ts';
import { SELECT_SESSION, sessionOf } from './rows.ts';
import { jsonOf, numberOf, type Row, Sql, textOf } from './sql.ts';
import { PRINCIPALS, readMetrics } from './sum-rows.ts';
import { watchCommits } from './watch.ts';

/**
 * The database of a state directory, for reading; undefined if there is none yet. Makes no directory and no
 * database; SQLite keeps its two files beside the database for as long as there are readers, and may leave them empty.
 *
 * @throws SessionError UNAVAILABLE if it cannot be read, or its schema is not this program's
 */
export async function openInspection(directory: string): Promise<Inspection | undefined> {
  try {
    const file = join(directory, DATABASE_FILE);
    if (bytesOf(file) === 0) return undefined;
    const db = await whileLocked(() => readable(file));
    return db && inspectionOf(directory, new Sql(db));
  } catch (error) {
    throw refusal(directory, error);
  }
}

function bytesOf(file: string): number {
  try {
    return statSync(file).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

/** Undefined if a server is just making it. */
function readable(file: string): DatabaseSync | undefined {
  const db = new DatabaseSync(file, { readOnly: true, timeout: LOCK_ATTEMPT_MS });
  try {
    refuseNewerSchema(db);
    const version = schemaVersionOf(db);
    if (version === SCHEMA_VERSION) return db;
    if (version > 0) throw new OlderSchemaError(version);
  } catch (error) {
    db.close();
    throw error;
  }
  db.close();
  return undefined;
}

/** A server of this version upgrades it when it starts. */
export class OlderSchemaError extends SessionError {
  constructor(version: number) {
    super(
      'UNAVAILABLE',
      `the state database has schema ${version}, from before this version of the program (${SCHEMA_VERSION})`,
      { hint: 'a server of this version brings it up to date when it starts.', retryable: false },
    );
  }
}

function inspectionOf(directory: string, sql: Sql): Inspection {
  const read = readerOf({ sql });
  const all = (statement: string, ...values: (string | number)[]) =>
    read((sql) => sql.all(statement, ...values).map(sessionOf));
  return {
    principals: () => read(listPrincipals),
    // Each principal's newest, and of these the newest: the indexes are by principal, and there are few of them.
    sessions: (query) =>
      read((sql) =>
        listPrincipals(sql)
          .flatMap((principal) => listSessions(sql, { ...query, principal }))
          .sort((a, b) => b.lastActivity - a.lastActivity || (a.id < b.id ? 1 : -1))
          .slice(0, query.limit),
      ),
    session: async (sessionId) => (await all(`${SELECT_SESSION} WHERE s.id = ?`, sessionId))[0],
    working: () => all(WORKING),
    active: (since) => read((sql) => listActive(sql, since)),
    withPrefix: (prefix, limit) => all(WITH_PREFIX, prefix, endOf(prefix), limit),
    named: (name, limit) => all(NAMED, name, limit),
    events: (sessionId, after, limit) => read((sql) => readEvents(sql, sessionId, after, limit)),
    permissionRequests: ({ id: sessionId, principal }, limit) =>
      read((sql) => listRequests(sql, { principal, sessionId, limit })),
    requestsWithPrefix: (prefix, limit) =>
      read((sql) =>
        sql
          .all(REQUESTS_WITH_PREFIX, prefix, endOf(prefix), limit)
          .map((row) => jsonOf<PermissionRequest>(row, 'record')),
      ),
    metrics: (principal, scope) => read((sql) => readMetrics(sql, principal, scope)),
    lease: (sessionId) => read((sql) => readLeases(sql, sessionId)[0]),
    leases: () => read((sql) => readLeases(sql)),
    servers: () => read(readServers),
    connections: () => read((sql) => readConnections(sql)),
    remembered: (sessionId) => read((sql) => listMemories(sql, sessionId)),
    integrity: () => read((sql) => String(sql.get('PRAGMA quick_check(1)')?.quick_check)),
    // Whoever follows also looks now and then: what is missed here is only late.
    subscribe: (changed) =>
      watchCommits({ directory, version: () => sql.version, changed, failed: () => {} }),
    close: () => sql.close(),
  };
}

const WITH_PREFIX = `${SELECT_SESSION} WHERE s.id >= ? AND s.id < ? ORDER BY s.id LIMIT ?`;
/** An index has the few open turns. */
const WORKING = `${SELECT_SESSION} WHERE s.id IN (SELECT session_id FROM turns WHERE state IN ('queued', 'running'))`;
const NAMED = `${SELECT_SESSION} WHERE json_extract(s.record, '$.name') = ?
  ORDER BY s.ended_at IS NOT NULL, s.last_activity DESC LIMIT ?`;
const REQUESTS_WITH_PREFIX = `SELECT record FROM permission_requests
  WHERE request_id >= ? AND request_id < ? ORDER BY created_at DESC, request_id LIMIT ?`;

function listPrincipals(sql: Sql): readonly string[] {
  const rows = sql.all(`${PRINCIPALS} SELECT name FROM names WHERE name IS NOT NULL`);
  return rows.map((row) => textOf(row, 'name'));
}

const ACTIVE = 'SELECT id, last_seq, coalesce(active_at, 0) AS active_at, ended_at FROM sessions';
const ALL_OPEN = `${ACTIVE} WHERE ended_at IS NULL`;
/** Open and ended sessions have an index each. */
const ACTIVE_SINCE = `${ALL_OPEN} AND active_at >= ?1 UNION ALL
  ${ACTIVE} WHERE ended_at IS NOT NULL AND active_at >= ?1`;

function listActive(sql: Sql, since: number | undefined): readonly ActiveSession[] {
  const rows = since === undefined ? sql.all(ALL_OPEN) : sql.all(ACTIVE_SINCE, since);
  return rows.map(activeOf);
}

function activeOf(row: Row): ActiveSession {
  return {
    id: textOf(row, 'id'),
    lastSeq: numberOf(row, 'last_seq'),
    activeAt: numberOf(row, 'active_at'),
    hasEnded: row.ended_at !== null,
  };
}
