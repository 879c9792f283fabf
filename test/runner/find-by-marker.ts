import { createFinder } from '../../src/runner/finder.ts';
import { OWN_SYSTEM } from '../../src/runner/process-table.ts';

/**
 * The processes, other than this one, that belong to the marker.
 *
 * @param directory the guard directory, for systems that keep no mark of a process
 */
export async function findByMarker(marker: string, directory: string): Promise<readonly number[]> {
  const found: number[] = [];
  const finder = createFinder(OWN_SYSTEM, directory);
  await finder.visit(new Set([marker]), (pid) => found.push(pid));
  return found;
}
