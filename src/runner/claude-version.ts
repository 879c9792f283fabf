/** Which versions of Claude Code may run a session. */

import type { Failure } from '../errors.ts';
import { unavailable } from './failure.ts';

/** The first version that can take a text literally. Earlier ones silently ignore that option. */
export const CLAUDE_VERSION_MIN = '2.1.248';

/** Why a Claude Code of this version is not used; undefined if it may be. A version that cannot be read is too old. */
export function versionFailure(version = ''): Failure | undefined {
  const [found] = /^\d{1,6}\.\d{1,6}\.\d{1,6}/.exec(version) ?? [];
  if (found !== undefined && isAtLeast(found, CLAUDE_VERSION_MIN)) return undefined;
  return unavailable(
    `Claude Code ${CLAUDE_VERSION_MIN} or later is needed, and this one is ${found ?? 'of unknown version'}: it would read files and run commands that a prompt only mentions`,
    'update it, or leave out --claude-path to use the one that the Agent SDK brings.',
  );
}

function isAtLeast(version: string, least: string): boolean {
  return version.localeCompare(least, 'en', { numeric: true }) >= 0;
}
