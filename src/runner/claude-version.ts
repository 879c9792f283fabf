/** Which versions of Claude Code may run a session. */

import type { Failure } from '../errors.ts';

/** The first version that can take a text literally. Earlier ones silently ignore that option. */
export const CLAUDE_VERSION_MIN = '2.1.248';

/** Why a Claude Code of this version is not used; undefined if it may be. A version that cannot be read is too old. */
export function versionFailure(version: string | undefined): Failure | undefined {
  if (version !== undefined && isAtLeast(version, CLAUDE_VERSION_MIN)) return undefined;
  const found = numbersOf(version ?? '')?.join('.') ?? 'of unknown version';
  return {
    code: 'UNAVAILABLE',
    message: `Claude Code ${CLAUDE_VERSION_MIN} or later is needed, and this one is ${found}: it would read files and run commands that a prompt only mentions`,
    retryable: false,
    hint: 'update it, or leave out --claude-path to use the one that the Agent SDK brings.',
  };
}

function isAtLeast(version: string, least: string): boolean {
  const [numbers, bounds] = [numbersOf(version), numbersOf(least)];
  if (numbers === undefined || bounds === undefined) return false;
  const differing = bounds.findIndex((bound, index) => bound !== numbers[index]);
  return differing === -1 || (numbers[differing] ?? 0) > (bounds[differing] ?? 0);
}

function numbersOf(version: string): readonly number[] | undefined {
  return /^(\d{1,6})\.(\d{1,6})\.(\d{1,6})/.exec(version)?.slice(1).map(Number);
}
