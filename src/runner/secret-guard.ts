/** Keeps the server's own files from a session's tools at the moment at which one is used. */

import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { HookCallback, HookJSONOutput } from '@anthropic-ai/claude-agent-sdk';
import { PATH_CHARS_MAX, SECRET_LOOK_MS_MAX } from '../limits.ts';
import { within } from '../timer.ts';
import { denyRules, leadsToSecret, seeSecretFiles } from './secret-files.ts';

export type SecretGuardOptions = {
  /** Absolute paths, `*` for anything at the end of a name. */
  readonly files: readonly string[];
  /** The rules that Claude Code was started with. */
  readonly rules: readonly string[];
  /** Has Claude Code go by these rules from now on. */
  readonly renew: (rules: readonly string[]) => Promise<void>;
  readonly failed: (error: unknown) => void;
};

/**
 * A hook before each use of a tool, in every permission mode. The rules alone name the files as they were when the
 * process started; the hook renews them, and refuses what leads to one of the files under a name that no rule has.
 */
export function secretGuard(options: SecretGuardOptions): HookCallback {
  const { files, renew, failed } = options;
  let rules = options.rules.join('\n');
  /** Why the tool must not be used, or undefined. */
  const check = async (input: unknown, cwd: string): Promise<string | undefined> => {
    const seen = await seeSecretFiles(files);
    const now = denyRules(seen);
    if (now.join('\n') !== rules) {
      await renew(now);
      rules = now.join('\n');
    }
    const found = await Promise.all(pathsIn(input, cwd).map((path) => leadsToSecret(seen, path)));
    return found.includes(true) ? OWN_FILE : undefined;
  };
  return async (call) => {
    if (call.hook_event_name !== 'PreToolUse') return {};
    let refusal: string | undefined = NOT_LOOKED_AT;
    const checked = check(call.tool_input, call.cwd).then((found) => {
      refusal = found;
    });
    checked.catch(failed);
    if (!(await within(checked, SECRET_LOOK_MS_MAX))) failed(new Error(NOT_LOOKED_AT));
    return refusal === undefined ? {} : deny(refusal);
  };
}

const OWN_FILE =
  'This file belongs to the server that runs this session; no session reads or writes it.';
const NOT_LOOKED_AT =
  "It could not be checked in time whether this is one of the server's own files.";

export function deny(reason: string): HookJSONOutput {
  return {
    hookSpecificOutput: {
      hookEventName: 'PreToolUse',
      permissionDecision: 'deny',
      permissionDecisionReason: reason,
    },
  };
}

/** Every text of an input that could be a path, in the ways in which Claude Code reads one. */
function pathsIn(input: unknown, cwd: string): readonly string[] {
  if (typeof input === 'string') {
    if (input.length > PATH_CHARS_MAX || input.includes('\0')) return [];
    return [...new Set([input, input.trim()])].map((path) => resolve(cwd, fromHome(path)));
  }
  if (typeof input !== 'object' || input === null) return [];
  return Object.values(input).flatMap((value) => pathsIn(value, cwd));
}

export function fromHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}
