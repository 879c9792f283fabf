/** A consistent copy of the state database, made while servers write to it. */

import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { SessionError } from '../../errors.ts';
import { LOCK_MS_MAX } from '../../limits.ts';
import { DATABASE_FILE } from './files.ts';

/**
 * What runs now belongs to the servers of the original. For a server that opens the copy, every owner must be gone, and
 * there must be no process that it could take for one of its own.
 */
const CUT_OFF = `
  UPDATE sessions SET owner = 'backup', lease_until = 0 WHERE owner IS NOT NULL;
  DELETE FROM processes;
  DELETE FROM connections;
  DELETE FROM servers;
  DELETE FROM orders;
`;

/**
 * Copies the database of a state directory to `file`, which must not exist. The copy has mode 0600 and is durable when
 * this returns. A directory that contains it as `sessions.db` is a state directory; a turn that was running is `lost`
 * there. Blocks the event loop, but not the servers that write. A crash leaves a `FILE.*.partial`, which can be deleted.
 *
 * @throws SessionError UNAVAILABLE, with what to do; there is no `file` then
 */
export function backUpDatabase(directory: string, file: string): void {
  const source = join(directory, DATABASE_FILE);
  if (!existsSync(source)) throw refusal(`there is no ${source}`, 'name the --state-dir to copy.');
  if (existsSync(file)) throw refusal(`${file} exists already`, 'name a new file.');
  // A new name each time: an interrupted backup may have left a file, and another backup may be running.
  const partial = `${file}.${randomUUID().slice(0, 8)}.partial`;
  try {
    makeOwn(partial);
  } catch (cause) {
    throw refusal(`${partial} cannot be made`, 'name a file in a directory you can write.', cause);
  }
  try {
    copy(source, partial);
    sync(partial);
    renameSync(partial, file);
    sync(dirname(file));
  } catch (error) {
    rmSync(partial, { force: true });
    const reason = error instanceof Error ? error.message : String(error);
    throw refusal(
      `${file} could not be made: ${reason}`,
      'check the state database, and the free space for the copy.',
      error,
    );
  }
}

function copy(source: string, target: string): void {
  const from = new DatabaseSync(source, { readOnly: true, timeout: LOCK_MS_MAX });
  try {
    // Reads every row, so that damage is found now and not when the backup is needed.
    from.prepare('VACUUM INTO ?').run(target);
  } finally {
    from.close();
  }
  const copied = new DatabaseSync(target);
  try {
    copied.exec(CUT_OFF);
  } finally {
    copied.close();
  }
}

function makeOwn(file: string): void {
  const fd = openSync(file, 'wx', 0o600);
  fchmodSync(fd, 0o600);
  closeSync(fd);
}

/** SQLite does not do this for the target of `VACUUM INTO`. */
function sync(path: string): void {
  const fd = openSync(path, 'r');
  fsyncSync(fd);
  closeSync(fd);
}

function refusal(message: string, hint: string, cause?: unknown): SessionError {
  return new SessionError('UNAVAILABLE', message, { hint, retryable: false, cause });
}
