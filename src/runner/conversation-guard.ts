/**
 * Keeps a shell command from the folder in which Claude Code keeps the conversations of a directory. It would let one
 * read there without asking, and its rules know single files only: not `ls`, `grep -r` or `*.jsonl`.
 */

import { resolve } from 'node:path';
import type { HookCallback } from '@anthropic-ai/claude-agent-sdk';
import { isInside } from '../paths.ts';
import { deny, fromHome } from './secret-guard.ts';

/**
 * A hook before each use of a tool.
 *
 * @param folders with the conversations, by each of their names
 * @param uuid of the session, whose own long outputs stand there too
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

/** What could be a path, up to its first wildcard. What a shell would have to work out, Claude Code asks about. */
function pathsIn(command: string, cwd: string): readonly string[] {
  const words = command.replace(/['"\\]/g, '').split(/[\s;|&<>()=]+/);
  return words.map((word) => resolve(cwd, fromHome(word.replace(/[*?[{].*$/, ''))));
}
