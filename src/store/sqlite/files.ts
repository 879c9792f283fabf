/** The files of the state database while it is open. */

import { type Stats, statSync } from 'node:fs';
import { join } from 'node:path';

export const DATABASE_FILE = 'sessions.db';

export type DatabaseFiles = {
  /** The size of the journal file. */
  journalBytes(): number;
  /** Whether the path of the database still leads to the file that was opened. */
  isInPlace(): boolean;
  /** The same, but still true if the disk was mounted again meanwhile. */
  isSameFile(): boolean;
};

/** Must be called right after the database of the directory was opened. */
export function filesOf(directory: string): DatabaseFiles {
  const file = join(directory, DATABASE_FILE);
  const opened = statOf(file);
  return {
    journalBytes: () => statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0,
    isInPlace: () => {
      const now = statOf(file);
      return now?.ino === opened?.ino && now?.dev === opened?.dev;
    },
    isSameFile: () => statOf(file)?.ino === opened?.ino,
  };
}

function statOf(file: string): Stats | undefined {
  return statSync(file, { throwIfNoEntry: false });
}
