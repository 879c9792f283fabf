/** Makes the journal, SQLite's `-wal` file, durable before anything is acknowledged on top of it. */

import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { SessionError } from '../../errors.ts';
import type { Sql } from './sql.ts';

const COPY_BYTES = 1024 * 1024;

/**
 * Makes durable what can be read. When a sync fails, the kernel may mark the pages as clean. Then the page cache shows a
 * commit that the disk never got, the next sync succeeds without writing anything, and a power cut destroys what was
 * copied from such pages into the database or appended after them. So each page of the journal is written again with
 * its own content and synced. Only then is the journal copied into the database and truncated. If a reader prevents
 * that, it stays as it is.
 *
 * The write lock keeps other servers from appending meanwhile, and those that read see the same bytes. As long as one
 * of them has the database open, a commit whose sync failed is not in the index that they share, and the next commit
 * overwrites it.
 *
 * @throws SQLite's "busy" error while another process writes
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

/** Makes the disk confirm a commit that changes nothing. */
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

/** SQLite's locks are on its other files, so opening and closing this one does not release them. */
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
    // SQLite creates the file with the first write.
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
