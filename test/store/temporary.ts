/** What a test opens for itself; all of it is closed and removed after the test. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { onTestFinished } from 'vitest';
import { DATABASE_FILE } from '../../src/store/sqlite/files.ts';
import { openSqliteStore, type SqliteStoreOptions } from '../../src/store/sqlite/store.ts';
import type { Store } from '../../src/store/store.ts';

export function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'store-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export async function openStore(options: SqliteStoreOptions): Promise<Store> {
  const store = await openSqliteStore(options);
  onTestFinished(() => store.close());
  return store;
}

/** A connection to the database of a directory, or to another file there. */
export function connect(directory: string, file = DATABASE_FILE): DatabaseSync {
  const db = new DatabaseSync(join(directory, file));
  onTestFinished(() => {
    if (db.isOpen) db.close();
  });
  return db;
}
