/**
 * git runs programs that a repository's own `.git` names, for `git status` and `git diff` too, and Claude Code runs these
 * commands without asking in every mode. A clone brings no such settings along; an archive that was unpacked may.
 */

import { lstat, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { HookCallback } from '@anthropic-ai/claude-agent-sdk';
import { ifThere, inTime, mayBeThere } from '../looks.ts';
import { SECRET_LOOK_MS_MAX } from '../process-limits.ts';
import { readSmallFile } from '../small-file.ts';
import { checkoutOf } from './checkout.ts';
import { denyUse } from './kept-out.ts';
import { PLAN_REFUSAL } from './permissions.ts';

const CONFIG_BYTES_MAX = 1024 * 1024;

/**
 * Settings that name a program, or another file with settings. git cuts a key off at nothing but white space and `]`. With
 * `fsmonitor = true`, which many large repositories have, git runs its own.
 */
const RUNS =
  /(^|[\s\uFEFF\]])(fsmonitor(?!\s*=[ \t]*(true|false)[ \t]*$)|external|textconv|clean|smudge|process|program|helper|askpass|gitproxy|uploadpack|vcs|hookspath|\w*command)\s*=|\[\s*include/im;

type GitGuardOptions = {
  /** Whether the session is in plan mode, or about to be. */
  readonly isPlan: () => boolean;
  readonly failed: (error: unknown) => void;
};

/** A hook before each use of a tool, if the directory is not trusted: asks about git, or refuses it in plan mode. */
export function gitGuard({ isPlan, failed }: GitGuardOptions): HookCallback {
  return async (call) => {
    if (call.hook_event_name !== 'PreToolUse' || call.tool_name !== 'Bash') return {};
    const { command } = call.tool_input as { readonly command?: unknown };
    const words = String(command).replace(/['"\\]/g, '');
    if (!/\bgit\b/i.test(words) || call.permission_mode === 'bypassPermissions') return {};
    const looking = inTime(namesPrograms(call.cwd), SECRET_LOOK_MS_MAX);
    const runs = await looking.catch((error: unknown) => {
      failed(error);
      return true;
    });
    if (!runs) return {};
    return isPlan() ? denyUse(PLAN_REFUSAL) : ASK;
  };
}

const ASK = {
  hookSpecificOutput: {
    hookEventName: 'PreToolUse',
    permissionDecision: 'ask',
    permissionDecisionReason:
      "The configuration of this repository's .git names programs, which git would run.",
  },
} as const;

/**
 * Whether the checkout's own settings may make a git command that only reads run a program.
 *
 * @throws if it cannot be seen
 */
export async function namesPrograms(directory: string): Promise<boolean> {
  const { root } = await checkoutOf(await realpath(directory));
  const folder = await gitFolder(join(root, '.git'));
  const common = await textOf(join(folder, 'commondir'));
  const shared = resolve(folder, common.trim());
  const files = [join(shared, 'config'), join(folder, 'config.worktree')];
  const texts = await Promise.all(files.map(textOf));
  // `git status` writes the index, after which it runs this.
  const hook = join(shared, 'hooks/post-index-change');
  return texts.some((text) => RUNS.test(text)) || mayBeThere(hook);
}

/** In a worktree or a submodule, `.git` is a file with the path of the folder. */
async function gitFolder(path: string): Promise<string> {
  const found = await ifThere(lstat(path));
  if (!found?.isFile()) return path;
  const text = await textOf(path);
  const [, named] = /^gitdir: (.+)$/m.exec(text) ?? [];
  return named === undefined ? path : resolve(path, '..', named.trim());
}

async function textOf(path: string): Promise<string> {
  return (await ifThere(readSmallFile(path, CONFIG_BYTES_MAX))) ?? '';
}
