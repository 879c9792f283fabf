/** Opens the state database: its directory, its file modes, and the checks before anything is written. */

import { chmodSync, closeSync, fchmodSync, mkdirSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SessionError } from '../../errors.ts';
import {
  DATABASE_CHECKED_BYTES_MAX,
  JOURNAL_KEPT_BYTES_MAX,
  LOCK_ATTEMPT_MS,
  LOCK_MS_MAX,
} from '../../limits.ts';
import { isSafeSqlite, SQLITE_VERSION_MIN } from '../../runtime.ts';
import { storageFailure } from './failure.ts';
import { DATABASE_FILE } from './files.ts';
import { whileLocked } from './lock.ts';
import { migrate, refuseNewerSchema } from './migrations.ts';
import { networkFileSystemOf } from './network-file-system.ts';

/**
 * Opens the database of a state directory, which is created if it is missing (0700; its files 0600 whatever the umask).
 * The caller closes it.
 *
 * @throws SessionError UNAVAILABLE if it cannot be used, with what to do; a database that is damaged or newer than this
 *   program is not changed
 */
export async function openDatabase(directory: string): Promise<DatabaseSync> {
  try {
    makeDirectory(directory);
    refuseNetworkFileSystem(directory);
    makeFile(join(directory, DATABASE_FILE));
    return await connectTo(directory);
  } catch (error) {
    throw refusal(directory, error);
  }
}

/** The same for a database that exists: creates nothing. */
export function connectTo(directory: string): Promise<DatabaseSync> {
  const file = join(directory, DATABASE_FILE);
  // The change to WAL ignores the timeout and fails at once if another process makes it too.
  return whileLocked(() => {
    refuseUnusable(file);
    return configured(new DatabaseSync(file, { timeout: LOCK_MS_MAX }));
  });
}

/** @throws SessionError UNAVAILABLE if the version is not safe with several processes */
export function refuseOldSqlite(version: string): void {
  if (isSafeSqlite(version)) return;
  throw new SessionError(
    'UNAVAILABLE',
    `SQLite ${version} can corrupt a database that several processes use; ${SQLITE_VERSION_MIN} is needed`,
    {
      hint: 'run it with Node 24.15 or newer, or 22.22.3 or newer in line 22.',
      retryable: false,
    },
  );
}

/** @throws SessionError UNAVAILABLE if the directory is on a network file system */
export function refuseNetworkFileSystem(
  directory: string,
  name = networkFileSystemOf(directory),
): void {
  if (name === undefined) return;
  throw new SessionError('UNAVAILABLE', `the state directory ${directory} is on ${name}`, {
    hint: 'name a directory on a local disk with --state-dir.',
    retryable: false,
  });
}

function makeDirectory(directory: string): void {
  const made = mkdirSync(directory, { recursive: true, mode: 0o700 });
  // An existing directory keeps its mode: it may be shared on purpose.
  if (made !== undefined) chmodSync(directory, 0o700);
}

/** SQLite gives its other files the mode of the database file. */
function makeFile(file: string): void {
  let fd: number;
  try {
    fd = openSync(file, 'wx', 0o600);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return;
    throw error;
  }
  fchmodSync(fd, 0o600);
  closeSync(fd);
}

/** Uses a read-only connection: a writable one would change the file when it is closed. */
function refuseUnusable(file: string): void {
  const { size } = statSync(file);
  if (size === 0) return;
  const db = new DatabaseSync(file, { readOnly: true, timeout: LOCK_MS_MAX });
  try {
    db.exec('SELECT count(*) FROM sqlite_schema');
    refuseNewerSchema(db);
    if (size > DATABASE_CHECKED_BYTES_MAX) return;
    const found = db.prepare('PRAGMA quick_check(1)').get()?.quick_check;
    if (found !== 'ok') throw damaged(found);
  } finally {
    db.close();
  }
}

function damaged(found: unknown): SessionError {
  return new SessionError('UNAVAILABLE', 'the state database is damaged', {
    hint: 'restore it from a backup, or name another --state-dir.',
    retryable: false,
    cause: found,
  });
}

function configured(db: DatabaseSync): DatabaseSync {
  try {
    refuseOldSqlite(String(db.prepare('SELECT sqlite_version() AS version').get()?.version));
    db.exec('PRAGMA journal_mode = WAL');
    db.exec('PRAGMA synchronous = FULL');
    db.exec('PRAGMA foreign_keys = ON');
    // Otherwise each savepoint would write every page of the commit to a temporary file.
    db.exec('PRAGMA temp_store = MEMORY');
    db.exec(`PRAGMA journal_size_limit = ${JOURNAL_KEPT_BYTES_MAX}`);
    migrate(db);
    db.exec(`PRAGMA busy_timeout = ${LOCK_ATTEMPT_MS}`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** The error names the directory, so that whoever starts the server knows which one it was. */
export function refusal(directory: string, error: unknown): SessionError {
  const known = error instanceof SessionError ? error : storageFailure(error);
  const reason = known?.message ?? (error instanceof Error ? error.message : String(error));
  return new SessionError('UNAVAILABLE', `state directory ${directory}: ${reason}`, {
    hint: known?.hint ?? 'name a directory that can be written with --state-dir.',
    retryable: false,
    cause: error,
  });
}
