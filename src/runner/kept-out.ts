/**
 * Keeps a session from what Claude Code would let it touch without asking, in every permission mode, and what outlives
 * the session: the conversations of others in the same directory, and files that later sessions read.
 */

import { realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { HookCallback } from '@anthropic-ai/claude-agent-sdk';
import { isInside } from '../paths.ts';
import type { Places } from './protected.ts';
import { asPattern } from './secret-files.ts';
import { deny, fromHome } from './secret-guard.ts';

/** Claude Code's configuration directory, by each of its names. */
export async function configurationsOf({ configDirectory }: Places): Promise<readonly string[]> {
  const real = await realpath(configDirectory).catch(() => configDirectory);
  return [...new Set([configDirectory, real])];
}

export function conversationFolders(configurations: readonly string[]): readonly string[] {
  return configurations.map((at) => join(at, 'projects'));
}

/** Rules of Claude Code that deny it. The long outputs that Claude Code keeps of the session stay readable. */
export function keptOutRules(
  configurations: readonly string[],
  workingDirectory: string,
): readonly string[] {
  const repository = `${asPattern(workingDirectory)}/.claude`;
  return [
    ...configurations
      .map(asPattern)
      .flatMap((at) => [
        `Read(/${at}/projects/**/*.jsonl)`,
        `Read(/${at}/projects/**/memory/**)`,
        `Edit(/${at}/projects/**)`,
        `Edit(/${at}/agent-memory/**)`,
      ]),
    ...['launch.json', 'agent-memory/**', 'agent-memory-local/**'].map(
      (name) => `Edit(/${repository}/${name})`,
    ),
  ];
}

/**
 * A hook before each use of a tool. It keeps shell commands from the conversations of others: Claude Code would let them
 * read there without asking, and its rules know single files only, not `ls`, `grep -r` or `*.jsonl`.
 *
 * @param folders with the conversations, by each of their names
 * @param uuid of the session, whose own long outputs are there too
 */
export function conversationGuard(folders: readonly string[], uuid: string): HookCallback {
  const isOfOthers = (path: string) => {
    const folder = folders.find((each) => isInside(path, each));
    return folder !== undefined && path.slice(folder.length).split(/[\\/]/)[2] !== uuid;
  };
  return async (call) => {
    if (call.hook_event_name !== 'PreToolUse' || call.tool_name !== 'Bash') return {};
    const { command } = call.tool_input as { readonly command?: unknown };
    if (typeof command !== 'string') return {};
    return pathsIn(command, call.cwd).some(isOfOthers) ? deny(OF_OTHERS) : {};
  };
}

const OF_OTHERS =
  'The conversations of other sessions are kept in this folder; no session reads or writes them.';

/** Everything that could be a path, up to its first wildcard. Claude Code asks about paths that a shell would expand. */
function pathsIn(command: string, cwd: string): readonly string[] {
  const words = command.replace(/['"\\]/g, '').split(/[\s;|&<>()=]+/);
  return words.map((word) => resolve(cwd, fromHome(word.replace(/[*?[{].*$/, ''))));
}
