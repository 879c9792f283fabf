/** Programs that a session has left running next to Claude Code (`nohup … &`), and the notice of their end. */

import { basename } from 'node:path';
import { LEFT_NAMES_MAX } from '../process-limits.ts';
import type { ProcessIdentity } from '../session/process.ts';
import type { Finder } from './finder.ts';
import { asName } from './message-parts.ts';
import { lookAt, programOf } from './process-table.ts';

/**
 * Their names. Claude Code puts each shell into a process group of its own, which what the shell starts stays in or leaves
 * for another; Claude Code and its own helpers share the group of the root.
 *
 * @throws if the process table could not be read
 */
export async function leftRunning(
  { pid, marker }: ProcessIdentity,
  finder: Finder,
): Promise<readonly string[]> {
  const names: string[] = [];
  const { system } = finder;
  await finder.visit(new Set([marker]), (each) => {
    const seen = lookAt(each, system);
    if (seen === 'gone' || (seen !== 'unknown' && seen.group === pid)) return;
    names.push(asName(basename(programOf(each, system)).replace(/^-/, '')));
  });
  return names.sort();
}

/** The notice of their end, or undefined if there were none. */
export async function endedNotice(
  process: ProcessIdentity,
  finder: Finder,
): Promise<string | undefined> {
  return endedText(await leftRunning(process, finder).catch((): 'unknown' => 'unknown'));
}

/** Names only: a command line may contain a secret. */
function endedText(names: readonly string[] | 'unknown'): string | undefined {
  if (names === 'unknown') {
    return 'Whatever the session had left running was ended with its process; the server could not find out what that was.';
  }
  if (names.length === 0) return undefined;
  const counts = Map.groupBy(names, (name) => name);
  const shown = [...counts].map(([name, { length }]) =>
    length > 1 ? `${name} (${length})` : name,
  );
  const more = shown.length - LEFT_NAMES_MAX;
  const list = shown.slice(0, LEFT_NAMES_MAX).join(', ') + (more > 0 ? ` and ${more} more` : '');
  return `Programs that the session had left running were ended with its process: ${list}.`;
}
