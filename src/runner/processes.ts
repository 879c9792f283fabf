/** How a server finds and kills the processes of sessions, whichever server started them. */

import { createFinder, type Finder, guardDirectoryOf } from './finder.ts';
import type { GuardChoice } from './guard.ts';
import { createKillTree, type KillTree } from './process.ts';
import { systemOf } from './process-table.ts';

export type Processes = {
  readonly choice: GuardChoice;
  /** Where a server keeps what has to be known about processes if the system does not. */
  readonly directory: string;
  readonly finder: Finder;
  readonly killTree: KillTree;
};

type ProcessSettings = {
  readonly stateDir: string;
  readonly processGuard: GuardChoice;
  readonly isPortable: boolean;
};

export function processesOf({ stateDir, processGuard, isPortable }: ProcessSettings): Processes {
  const directory = guardDirectoryOf(stateDir);
  const finder = createFinder(systemOf(process.platform, isPortable), directory);
  return { choice: processGuard, directory, finder, killTree: createKillTree(finder) };
}
