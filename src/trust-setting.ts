/** Reads the setting `--trust`: directories with their levels, and whether Claude Code's own record counts. */

import { realpathSync, statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import type { Command } from './commands.ts';
import { quoteId } from './errors.ts';
import { meantText } from './nearest.ts';
import { isInside } from './paths.ts';
import type { Trust, TrustedDirectory } from './service/trust.ts';
import { TRUST_LEVELS } from './session/options.ts';
import { badSetting } from './settings.ts';

const WORDS = ['claude', 'none'] as const;

type Place = {
  readonly command: Command;
  /** Real paths if `serves`. */
  readonly roots: readonly string[];
  /** Only a server needs the directories to be there. */
  readonly serves: boolean;
};

/**
 * The words count for the record alone, so that a directory adds to what was trusted in Claude Code. Without a word, the
 * record counts on stdio, because the client's user is the person who made it.
 *
 * @throws SettingError with the one line to show
 */
export function readTrust(given: readonly string[], { command, roots, serves }: Place): Trust {
  const words = WORDS.filter((word) => given.includes(word));
  if (words.length > 1) throw bad('claude and none contradict each other');
  const [word = command === 'http' ? 'none' : 'claude'] = words;
  const named = given.filter((value) => !WORDS.some((each) => each === value));
  const directories = named.map((value) => (serves ? servable(value, roots) : trusted(value)));
  checkLevels(directories);
  return { directories, countsRecord: word === 'claude' };
}

/** A level stands behind the last `=`. */
function trusted(value: string): TrustedDirectory {
  const level = TRUST_LEVELS.find((known) => value.endsWith(`=${known}`));
  const path = level === undefined ? value : value.slice(0, -level.length - 1);
  if (isAbsolute(path)) return { path: resolve(path), level: level ?? 'user' };
  const expected = 'is not an absolute path, nor the word claude or none';
  throw bad(`${quoteId(path)} ${expected}${meantText(path, WORDS)}`);
}

/**
 * Reads one directory as a server does, which needs it to be there.
 *
 * @param roots real paths
 * @throws SettingError
 */
export function servable(value: string, roots: readonly string[]): TrustedDirectory {
  const { path: named, level } = trusted(value);
  const path = realDirectory(named);
  if (path === undefined) throw missing(named);
  // One that no session can work in, or below, or above, was meant otherwise.
  if (roots.some((root) => isInside(path, root) || isInside(root, path))) return { path, level };
  throw bad(`${quoteId(path)} is outside the roots, where no session works; see --root`);
}

/** The word behind the last `=` is part of a name only if there is such a directory. */
function missing(path: string): Error {
  const at = path.lastIndexOf('=');
  if (at === -1 || realDirectory(path.slice(0, at)) === undefined) {
    return bad(`${quoteId(path)} is not an existing directory`);
  }
  const word = path.slice(at + 1);
  const expected = `expected one of ${TRUST_LEVELS.join(', ')}${meantText(word, TRUST_LEVELS)}`;
  return bad(`${quoteId(word)} is not a level: ${expected}`);
}

function realDirectory(path: string): string | undefined {
  try {
    const real = realpathSync(path);
    return statSync(real).isDirectory() ? real : undefined;
  } catch {
    return undefined;
  }
}

function checkLevels(directories: readonly TrustedDirectory[]): void {
  const levels = new Map<string, string>();
  for (const { path, level } of directories) {
    const other = levels.get(path) ?? level;
    if (other !== level) throw bad(`${quoteId(path)} has two levels, ${other} and ${level}`);
    levels.set(path, level);
  }
}

function bad(problem: string): Error {
  return badSetting('trust', problem);
}
