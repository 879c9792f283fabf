import { visitMarked } from '../../src/runner/process-table.ts';

/** The processes, other than this one, that belong to the marker. */
export async function findByMarker(marker: string): Promise<readonly number[]> {
  const found: number[] = [];
  await visitMarked(new Set([marker]), (pid) => found.push(pid));
  return found;
}
