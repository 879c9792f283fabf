/** What an operator reads, from the SQLite file, through a connection that cannot write. */

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SessionError } from '../../errors.ts';
import { LOCK_ATTEMPT_MS } from '../../limits.ts';
import type { PermissionRequest, SessionEvent } from '../../session/event.ts';
import type { Metrics } from '../../session/metrics.ts';
import type { Session } from '../../session/session.ts';
import type { Inspection, InspectionQuery } from '../inspection.ts';
import type { Lease } from '../store.ts';
import { storageFailure } from './failure.ts';
import { DATABASE_FILE } from './files.ts';
import { readLeases } from './leases.ts';
import { whileLocked } from './lock.ts';
import { endOf } from './lookups.ts';
import { refuseNewerSchema, SCHEMA_VERSION, schemaVersionOf } from './migrations.ts';
import { refusal } from './open.ts';
import { listRequests, listSessions, readEvents } from './reads.ts';
import { FIRST_EVENT, SESSION_COLUMNS, sessionOf } from './rows.ts';
import { Sql, textOf } from './sql.ts';
import { PRINCIPALS, readMetrics } from './sum-rows.ts';
import { watchCommits } from './watch.ts';

const SELECT_SESSION = `SELECT ${SESSION_COLUMNS} FROM sessions s ${FIRST_EVENT}`;

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
    return db && new SqliteInspection(directory, new Sql(db));
  } catch (error) {
    throw refusal(directory, error);
  }
}

function bytesOf(file: string): number {
  try {
    return statSync(file).size;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0;
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

class SqliteInspection implements Inspection {
  readonly #directory: string;
  readonly #sql: Sql;

  constructor(directory: string, sql: Sql) {
    this.#directory = directory;
    this.#sql = sql;
  }

  principals(): Promise<readonly string[]> {
    return this.#read(listPrincipals);
  }

  /** Each principal's newest, and of these the newest: the indexes are by principal, and there are few of them. */
  sessions(query: InspectionQuery): Promise<readonly Session[]> {
    return this.#read((sql) =>
      listPrincipals(sql)
        .flatMap((principal) => listSessions(sql, { ...query, principal }))
        .sort((a, b) => b.lastActivity - a.lastActivity || (a.id < b.id ? 1 : -1))
        .slice(0, query.limit),
    );
  }

  async session(sessionId: string): Promise<Session | undefined> {
    const [session] = await this.#all(`${SELECT_SESSION} WHERE s.id = ?`, sessionId);
    return session;
  }

  withPrefix(prefix: string, limit: number): Promise<readonly Session[]> {
    return this.#all(
      `${SELECT_SESSION} WHERE s.id >= ? AND s.id < ? ORDER BY s.id LIMIT ?`,
      prefix,
      endOf(prefix),
      limit,
    );
  }

  named(name: string, limit: number): Promise<readonly Session[]> {
    return this.#all(
      `${SELECT_SESSION} WHERE json_extract(s.record, '$.name') = ?
       ORDER BY s.ended_at IS NOT NULL, s.last_activity DESC LIMIT ?`,
      name,
      limit,
    );
  }

  events(sessionId: string, after: number, limit: number): Promise<readonly SessionEvent[]> {
    return this.#read((sql) => readEvents(sql, { sessionId, after, limit }));
  }

  permissionRequests(
    { id: sessionId, principal }: Session,
    limit: number,
  ): Promise<readonly PermissionRequest[]> {
    return this.#read((sql) => listRequests(sql, { principal, sessionId, limit }));
  }

  metrics(principal: string, scope: string): Promise<Metrics> {
    return this.#read((sql) => readMetrics(sql, principal, scope));
  }

  lease(sessionId: string): Promise<Lease | undefined> {
    return this.#read((sql) => readLeases(sql, sessionId)[0]);
  }

  integrity(): Promise<string> {
    return this.#read((sql) => String(sql.get('PRAGMA quick_check(1)')?.quick_check));
  }

  subscribe(listener: () => void): () => void {
    return watchCommits({
      directory: this.#directory,
      file: DATABASE_FILE,
      version: () => Number(this.#sql.get('PRAGMA data_version')?.data_version),
      changed: listener,
      // Whoever follows looks by himself, too: what is missed here is only late.
      failed: () => {},
    });
  }

  close(): void {
    this.#sql.close();
  }

  #all(statement: string, ...values: (string | number)[]): Promise<readonly Session[]> {
    return this.#read((sql) => sql.all(statement, ...values).map(sessionOf));
  }

  async #read<T>(read: (sql: Sql) => T): Promise<T> {
    try {
      return await whileLocked(() => read(this.#sql));
    } catch (error) {
      throw storageFailure(error) ?? error;
    }
  }
}

function listPrincipals(sql: Sql): readonly string[] {
  return sql.all(`${PRINCIPALS} SELECT name FROM names WHERE name IS NOT NULL`).map(nameOf);
}

function nameOf(row: Parameters<typeof textOf>[0]): string {
  return textOf(row, 'name');
}
