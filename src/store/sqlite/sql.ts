/** A database connection that keeps its statements prepared, and the checks of what is read from rows. */

import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import { SessionError } from '../../errors.ts';
import { wellFormedJson } from '../../text.ts';

export type Row = Readonly<Record<string, SQLOutputValue>>;
export type Tuple = readonly SQLOutputValue[];

/** The texts of statements must come from a small fixed set: each is kept prepared. */
export class Sql {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.#db = db;
    // SQLite's own `lower` knows no letters but ASCII.
    db.function('folded', { deterministic: true }, (text) => String(text ?? '').toLowerCase());
  }

  get inTransaction(): boolean {
    return this.#db.isTransaction;
  }

  get isOpen(): boolean {
    return this.#db.isOpen;
  }

  /** How many rows this connection has changed since it was opened, including what was rolled back. */
  get changes(): number {
    return this.number('SELECT total_changes() AS n');
  }

  /** Differs after every commit of another connection. */
  get version(): number {
    return Number(this.get('PRAGMA data_version')?.data_version);
  }

  /** For statements that run once or cannot be prepared. */
  exec(sql: string): void {
    this.#db.exec(sql);
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return readable(() => this.#prepared(sql).get(...values));
  }

  /** The column `n` of a statement that returns one row. */
  number(sql: string, ...values: SQLInputValue[]): number {
    return numberOf(this.get(sql, ...values) ?? {}, 'n');
  }

  all(sql: string, ...values: SQLInputValue[]): readonly Row[] {
    return readable(() => this.#prepared(sql).all(...values));
  }

  /** The rows as arrays of their columns, which costs less if there are many. */
  tuples(sql: string, ...values: SQLInputValue[]): readonly Tuple[] {
    const statement = this.#prepared(sql);
    statement.setReturnArrays(true);
    return readable(() => statement.all(...values) as unknown as readonly Tuple[]);
  }

  /** Returns how many rows were changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepared(sql).run(...values).changes);
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

export function textOf(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw damaged(column);
  return value;
}

export function numberOf(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw damaged(column);
  return value;
}

/**
 * The JSON object of a column, as the type it was written from. Only the store writes these columns,
 * under one schema version, so the shape is checked no further than here.
 */
export function jsonOf<T extends object>(row: Row, column: string): T {
  return parsed(textOf(row, column), column);
}

/** The same for the text of a column. */
export function parsed<T extends object>(text: string, column: string): T {
  const value = parse(text, column);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw damaged(column);
  return value as T;
}

function parse(text: string, column: string): unknown {
  try {
    // Earlier versions stored halves of surrogate pairs, which strict readers of JSON refuse.
    return JSON.parse(wellFormedJson(text));
  } catch {
    // Without the cause: a SyntaxError quotes the text, which is a user's.
    throw damaged(column);
  }
}

/** Node's driver throws a bare RangeError at a whole number that JavaScript cannot hold. */
function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    const isTooLarge = error instanceof RangeError && 'code' in error && error.code === TOO_LARGE;
    throw isTooLarge ? damaged('a number is too large') : error;
  }
}

const TOO_LARGE = 'ERR_OUT_OF_RANGE';

/** One row cannot be read; the others can. */
export class DamagedRowError extends SessionError {}

export function damaged(what: string): DamagedRowError {
  return new DamagedRowError('UNAVAILABLE', `the state database has a damaged row (${what})`, {
    hint: 'stop the servers that use this state directory and restore its database from a backup.',
    retryable: false,
  });
}

/** SQL for a member of a JSON column; null if the column is damaged, so that one row does not fail a whole query. */
export function memberOf(column: string, path: string): string {
  return `iif(json_valid(${column}), json_extract(${column}, '${path}'), NULL)`;
}
