/** Stops a server for a while, as a busy machine might. */

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { stateOf } from './processes.ts';

const POLL_MS = 20;
/** Longer than a commit takes. */
const COMMIT_MS_MAX = 1000;

/** SIGSTOP, but not in the middle of a commit: its lock would keep everybody else from writing, too. */
export async function standStill(pid: number, stateDirectory: string): Promise<void> {
  for (;;) {
    process.kill(pid, 'SIGSTOP');
    while (!stateOf(pid).startsWith('T')) await sleep(POLL_MS);
    if (isFree(join(stateDirectory, 'sessions.db'))) return;
    process.kill(pid, 'SIGCONT');
    await sleep(POLL_MS);
  }
}

function isFree(file: string): boolean {
  const writer = new DatabaseSync(file, { timeout: COMMIT_MS_MAX });
  try {
    writer.exec('BEGIN IMMEDIATE; ROLLBACK');
    return true;
  } catch {
    return false;
  } finally {
    writer.close();
  }
}
