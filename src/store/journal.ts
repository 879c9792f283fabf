/** What must be true of the journal, SQLite's `-wal` file, before anything is acknowledged on top of it. */

import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { SessionError } from '../errors.ts';
import type { Sql } from './sql.ts';

const COPY_BYTES = 1024 * 1024;

/**
 * Makes durable what can be read. When a sync fails, the kernel may take the pages for clean: the page cache shows a
 * commit that the disk never got, a further sync succeeds without writing anything, and what is carried over into the
 * database from such pages, or appended behind them, is torn by a power cut. So each page of the journal is written
 * once more with what it holds, and synced. Only then is the journal carried over and cut to nothing; if a reader is in
 * the way of that, it stays as it is.
 *
 * With the write lock no other server appends meanwhile, and those that read see the same bytes. As long as one of
 * them has the database open, a commit whose sync failed is not in the index that they share, and the next commit is
 * written over it.
 *
 * @throws SQLite's "busy" error while somebody else writes
 */
export function settleJournal(sql: Sql, journal: string): void {
  sql.run('BEGIN IMMEDIATE');
  try {
    rewrite(journal);
  } finally {
    sql.run('ROLLBACK');
  }
  sql.exec('PRAGMA wal_checkpoint(TRUNCATE)');
}

/** Has the disk confirm a commit that changes nothing. */
export function confirmWrite(sql: Sql): void {
  sql.run('BEGIN IMMEDIATE');
  try {
    const version = Number(sql.get('PRAGMA user_version')?.user_version);
    sql.exec(`PRAGMA user_version = ${version}`);
    sql.run('COMMIT');
  } finally {
    if (sql.inTransaction) sql.run('ROLLBACK');
  }
}

/** SQLite holds its locks on the other files, so that this one may be opened and closed beside it. */
function rewrite(file: string): void {
  let fd: number | undefined;
  try {
    fd = openSync(file, 'r+');
    const chunk = Buffer.allocUnsafe(COPY_BYTES);
    let at = 0;
    for (let read = -1; read !== 0; at += read) {
      read = readSync(fd, chunk, 0, chunk.length, at);
      for (let done = 0; done < read; ) done += writeSync(fd, chunk, done, read - done, at + done);
    }
    if (at > 0) fsyncSync(fd);
  } catch (error) {
    // If nothing was written yet, there is no such file.
    if (fd === undefined && error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return;
    throw new SessionError('UNAVAILABLE', 'the journal of the state database cannot be synced', {
      hint: 'check the disk of the state directory and its free space, then call again.',
      cause: error,
    });
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
