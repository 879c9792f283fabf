/** The files of the state database, and what becomes of them while it is open. */

import { statSync } from 'node:fs';
import { join } from 'node:path';

export const DATABASE_FILE = 'sessions.db';

export type DatabaseFiles = {
  /** The size of the journal file. */
  journalBytes(): number;
  /** Whether the database's name still leads to the file that was opened. */
  isInPlace(): boolean;
};

/** Of the database in a directory that has just been opened. */
export function filesOf(directory: string): DatabaseFiles {
  const file = join(directory, DATABASE_FILE);
  const opened = identityOf(file);
  return {
    journalBytes: () => statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0,
    isInPlace: () => identityOf(file) === opened,
  };
}

function identityOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  return `${stat?.dev} ${stat?.ino}`;
}
