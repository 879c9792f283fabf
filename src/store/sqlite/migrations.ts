/** Brings a database to the newest schema. `PRAGMA user_version` says how many of the steps it has seen. */

import type { DatabaseSync } from 'node:sqlite';
import { SessionError } from '../../errors.ts';
import { STEPS } from './schema-steps.ts';

export const SCHEMA_VERSION = STEPS.length;

/**
 * Brings the schema up to date in one transaction, whoever else is doing the same: a process that dies
 * in the middle leaves the old schema, and the next one begins anew.
 *
 * @param steps all there are, the first one first
 * @throws SessionError UNAVAILABLE if a newer program has written the database
 */
export function migrate(db: DatabaseSync, steps: readonly string[] = STEPS): void {
  if (knownVersionOf(db, steps.length) === steps.length) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    // Read again: another process may have been first.
    for (const step of steps.slice(knownVersionOf(db, steps.length))) db.exec(step);
    db.exec(`PRAGMA user_version = ${steps.length}`);
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** @throws SessionError UNAVAILABLE if a newer program has written the database */
export function refuseNewerSchema(db: DatabaseSync): void {
  knownVersionOf(db, SCHEMA_VERSION);
}

/** How many steps a database has seen; 0 is one that is being made. */
export function schemaVersionOf(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.user_version);
}

function knownVersionOf(db: DatabaseSync, newest: number): number {
  const version = schemaVersionOf(db);
  if (version <= newest) return version;
  throw new SessionError(
    'UNAVAILABLE',
    `the state database has schema ${version}; this program knows up to ${newest}`,
    {
      hint: 'a newer version of the program has written it: use that one, or another --state-dir.',
      retryable: false,
    },
  );
}
