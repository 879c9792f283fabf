/** The shell that Claude Code is told to use if the system keeps no mark of a process (supervisor-script.ts). */

import { accessSync, constants, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import type { Environment } from './environment.ts';
import { shellScript } from './supervisor-script.ts';

const KINDS = ['zsh', 'bash'];
const FOLDERS = ['/bin', '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'];

/**
 * Writes a program into the guard directory that registers each shell and becomes the one that Claude Code would have
 * chosen, and returns the variables that make Claude Code use it. Without a shell, or without the right to write there,
 * there are none: then only the looks of the supervisor follow what shells start.
 */
export function shellOf(environment: Environment, directory: string): Record<string, string> {
  const shell = candidates(environment).find(isExecutable);
  if (shell === undefined) return {};
  // Claude Code takes its kind from its name.
  const path = join(directory, KINDS.find((kind) => basename(shell).includes(kind)) ?? 'bash');
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const draft = `${path}.${process.pid}`;
    writeFileSync(draft, shellScript(shell, directory), { mode: 0o700 });
    // Another server's shell may be starting from the old one.
    renameSync(draft, path);
    return { CLAUDE_CODE_SHELL: path };
  } catch {
    return {};
  }
}

/** In Claude Code's order: the user's own, then the kinds in turn. */
function candidates({ SHELL = '', PATH = '' }: Environment): readonly string[] {
  const own = KINDS.some((kind) => SHELL.includes(kind)) ? [SHELL] : [];
  const kinds = basename(SHELL) === 'bash' ? KINDS.toReversed() : KINDS;
  const folders = [...PATH.split(delimiter).filter((folder) => folder.startsWith('/')), ...FOLDERS];
  return [...own, ...kinds.flatMap((kind) => folders.map((folder) => join(folder, kind)))];
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
