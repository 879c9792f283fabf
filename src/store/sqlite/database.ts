/** The connection to the state database, which is replaced by a new one after its disk has failed. */

import { join } from 'node:path';
import { closedError, isBusy, movedError, reopeningError } from './failure.ts';
import { DATABASE_FILE, type DatabaseFiles, filesOf } from './files.ts';
import { confirmWrite, settleJournal } from './journal.ts';
import { connectTo, openDatabase, refusal } from './open.ts';
import { Sql } from './sql.ts';
import { watchCommits } from './watch.ts';

export class Database {
  readonly #directory: string;
  #sql: Sql;
  #files: DatabaseFiles;
  #isSettled = false;
  #isClosed = false;

  private constructor(directory: string, sql: Sql) {
    this.#directory = directory;
    this.#sql = sql;
    this.#files = filesOf(directory);
  }

  /** @throws SessionError UNAVAILABLE if the directory or its database cannot be used */
  static async open(directory: string): Promise<Database> {
    const database = new Database(directory, new Sql(await openDatabase(directory)));
    try {
      database.settle();
    } catch (error) {
      // While somebody else writes it can be read; the first write settles it.
      if (isBusy(error)) return database;
      database.close();
      throw refusal(directory, error);
    }
    return database;
  }

  /** @throws SessionError UNAVAILABLE while there is none */
  get sql(): Sql {
    if (this.#isClosed) throw closedError();
    if (!this.#sql.isOpen) throw reopeningError(undefined);
    return this.#sql;
  }

  get files(): DatabaseFiles {
    return this.#files;
  }

  /** Before the first write; see {@link settleJournal}. */
  settle(): void {
    if (this.#isSettled) return;
    settleJournal(this.sql, this.#journal);
    this.#isSettled = true;
  }

  /**
   * Opens it anew with all that a start checks, and has the disk confirm a write. Until that has succeeded the old
   * connection stays, for reads, and so that a commit whose sync failed does not come back (see {@link settleJournal}).
   *
   * @throws what is in the way
   */
  async reopen(): Promise<void> {
    this.#leaveTransaction();
    // A disk that was mounted anew has the same file; a new file would be another database, or an empty one.
    if (!this.#files.isSameFile()) throw movedError();
    const sql = new Sql(await connectTo(this.#directory));
    try {
      settleJournal(sql, this.#journal);
      confirmWrite(sql);
    } catch (error) {
      sql.close();
      throw error;
    }
    if (this.#sql.isOpen) this.#sql.close();
    this.#sql = sql;
    this.#files = filesOf(this.#directory);
    this.#isSettled = true;
  }

  /** Calls back after each commit of another process; returns what ends that. */
  watch(changed: () => void, failed: (error: unknown) => void): () => void {
    return watchCommits({
      directory: this.#directory,
      version: () => this.sql.version,
      changed,
      failed,
    });
  }

  close(): void {
    this.#isClosed = true;
    if (this.#sql.isOpen) this.#sql.close();
  }

  get #journal(): string {
    return join(this.#directory, `${DATABASE_FILE}-wal`);
  }

  /** One that cannot even be left would keep the lock from the new connection. */
  #leaveTransaction(): void {
    try {
      if (this.#sql.isOpen && this.#sql.inTransaction) this.#sql.run('ROLLBACK');
    } catch {
      this.#sql.close();
    }
  }
}
