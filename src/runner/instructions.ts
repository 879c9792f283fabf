/**
 * The instructions of a directory that Claude Code reads at the level `memory`. It would follow a link among them to any
 * file and put the content before the model, so the files that are links out of the directory are excluded.
 */

import { lstat, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { ifThere, isOutOfMeans } from '../looks.ts';
import { isInside } from '../paths.ts';
import type { TrustLevel } from '../session/options.ts';

/** Claude Code follows no link out of the directory for anything else: rules, the folder of the rules, imports. */
const NAMES = ['CLAUDE.md', '.claude/CLAUDE.md'];

export type Instructions = {
  /** For Claude Code's setting `claudeMdExcludes`. */
  readonly excludes: readonly string[];
  /** False if a file has become a link out of the directory since, or no longer is one. */
  readonly isUnchanged: () => Promise<boolean>;
};

/**
 * @param directory a real path
 * @throws the error of the system if this server is out of means to look
 */
export async function seeInstructions(level: TrustLevel, directory: string): Promise<Instructions> {
  // At the levels above, the repository is trusted with more than what its links lead to.
  if (level !== 'memory') return { excludes: [], isUnchanged: async () => true };
  const seen = await leaving(directory);
  return {
    excludes: seen.map(asGlob),
    isUnchanged: async () => (await leaving(directory)).join() === seen.join(),
  };
}

async function leaving(directory: string): Promise<readonly string[]> {
  const paths = NAMES.map((name) => join(directory, name));
  const stays = await Promise.all(paths.map((path) => staysInside(path, directory)));
  return paths.filter((_, at) => !stays[at]);
}

/** A file that is not there leads nowhere. A link whose end cannot be seen may lead anywhere. */
async function staysInside(path: string, directory: string): Promise<boolean> {
  try {
    if ((await ifThere(lstat(path))) === undefined) return true;
    return isInside(await realpath(path), directory);
  } catch (error) {
    if (isOutOfMeans(error)) throw error;
    return false;
  }
}

/** Claude Code reads these as globs. What may mean something else there becomes `*`, which stays within a name. */
function asGlob(path: string): string {
  const names = path.split(sep).map((name) => name.replace(/[^\p{L}\p{N}\s._-]+/gu, '*'));
  return names.join('/');
}
