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

  /** The file must be there: some server has made it. */
  constructor(stateDirectory: string) {
    const options = { readOnly: true, timeout: 10_000 };
    this.#db = new DatabaseSync(join(stateDirectory, 'sessions.db'), options);
  }

  openSessions(): readonly string[] {
    const sql = 'SELECT id FROM sessions WHERE ended_at IS NULL ORDER BY created_at, id';
    return this.#all(sql).map(({ id }) => String(id));
  }

  busySessions(): readonly string[] {
    const sql = `SELECT session_id FROM turns WHERE state = 'running' ORDER BY ord`;
    return this.#all(sql).map((row) => String(row.session_id));
  }

  queuedTurns(): readonly { sessionId: string; turnId: string }[] {
    const sql = `SELECT id, session_id FROM turns WHERE state = 'queued'`;
    return this.#all(sql).map((row) => ({
      sessionId: String(row.session_id),
      turnId: String(row.id),
    }));
  }

  /** How many turns wait or run. */
  openTurns(): number {
    const sql = `SELECT count(*) AS n FROM turns WHERE state IN ('queued', 'running')`;
    return Number(this.#all(sql)[0]?.n);
  }

  /** Where the queue stands, for a run that does not come to its end. */
  openWork(): readonly Record<string, unknown>[] {
    return this.#all(
      `SELECT t.id, t.session_id, t.state, t.phase, t.epoch AS turn_epoch, s.owner, s.epoch,
         s.lease_until - unixepoch('subsec') * 1000 AS lease_left, s.next_ord
       FROM turns t JOIN sessions s ON s.id = t.session_id
       WHERE t.state IN ('queued', 'running')`,
    );
  }

  events(): readonly EventRow[] {
    return this.#all('SELECT * FROM events ORDER BY session_id, seq').map((row) => ({
      sessionId: String(row.session_id),
      seq: Number(row.seq),
      at: Number(row.at),
      type: String(row.type),
      turnId: row.turn_id === null ? null : String(row.turn_id),
      epoch: row.epoch === null ? null : Number(row.epoch),
      body: JSON.parse(String(row.body)),
    }));
  }

  sessions(): readonly SessionRow[] {
    return this.#all('SELECT id, status, record FROM sessions').map((row) => ({
      id: String(row.id),
      status: String(row.status),
      record: JSON.parse(String(row.record)),
    }));
  }

  turns(): readonly TurnRow[] {
    return this.#all('SELECT id, session_id, state FROM turns').map((row) => ({
      id: String(row.id),
      sessionId: String(row.session_id),
      state: String(row.state),
    }));
  }

  /** The sums of the one principal of the run. */
  metrics(): Readonly<Record<string, unknown>> {
    return this.#all(`SELECT * FROM metrics WHERE scope = 'principal'`)[0] ?? {};
  }

  integrity(): string {
    const rows = this.#all('PRAGMA integrity_check');
    return rows.map((row) => String(row.integrity_check)).join('; ');
  }

  close(): void {
    this.#db.close();
  }

  #all(sql: string): Record<string, unknown>[] {
    return this.#db.prepare(sql).all();
  }
}
