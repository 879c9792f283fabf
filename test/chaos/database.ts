/** The state database as a bystander reads it: never through the product's own code. */

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export type EventRow = {
  readonly sessionId: string;
  readonly seq: number;
  readonly at: number;
  readonly type: string;
  readonly turnId: string | null;
  readonly epoch: number | null;
  readonly body: Readonly<Record<string, unknown>>;
};

export type SessionRow = {
  readonly id: string;
  readonly status: string;
  /** The session as the store keeps it, without its options. */
  readonly record: Readonly<Record<string, unknown>>;
};

export type TurnRow = { readonly id: string; readonly sessionId: string; readonly state: string };

export class Database {
  readonly #db: DatabaseSync;

  /** The file must exist: a server has made it. */
  constructor(stateDirectory: string) {
    const options = { readOnly: true, timeout: 10_000 };
    this.#db = new DatabaseSync(join(stateDirectory, 'sessions.db'), options);
  }

  openSessions(): readonly string[] {
    const sql = 'SELECT id FROM sessions WHERE ended_at IS NULL ORDER BY created_at, id';
    return this.#all<{ id: string }>(sql).map(({ id }) => id);
  }

  /** The turns that wait or run. */
  openTurns(): readonly TurnRow[] {
    return this.turns(`WHERE state IN ('queued', 'running') ORDER BY ord`);
  }

  events(): readonly EventRow[] {
    const sql = `SELECT session_id AS sessionId, seq, at, type, turn_id AS turnId, epoch, body
      FROM events ORDER BY session_id, seq`;
    return this.#all<EventRow & { body: string }>(sql).map((row) => ({
      ...row,
      body: JSON.parse(row.body),
    }));
  }

  sessions(): readonly SessionRow[] {
    const rows = this.#all<SessionRow & { record: string }>(
      'SELECT id, status, record FROM sessions',
    );
    return rows.map((row) => ({ ...row, record: JSON.parse(row.record) }));
  }

  turns(where = ''): readonly TurnRow[] {
    return this.#all(`SELECT id, session_id AS sessionId, state FROM turns ${where}`);
  }

  /** The sums of the one principal of the run. */
  metrics(): Readonly<Record<string, unknown>> {
    return (
      this.#all<Record<string, unknown>>(`SELECT * FROM metrics WHERE scope = 'principal'`)[0] ?? {}
    );
  }

  integrity(): string {
    const rows = this.#all<{ integrity_check: string }>('PRAGMA integrity_check');
    return rows.map((row) => row.integrity_check).join('; ');
  }

  close(): void {
    this.#db.close();
  }

  #all<T>(sql: string): T[] {
    return this.#db.prepare(sql).all() as T[];
  }
}
