/**
 * Keeps a session from what Claude Code would let it touch without asking, in every permission mode: the server's own
 * files, and what outlives the session: the conversations of others in the same directory, and files that later sessions
 * read.
 */

import { realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { HookCallback, HookJSONOutput } from '@anthropic-ai/claude-agent-sdk';
import { PATH_CHARS_MAX } from '../limits.ts';
import { isInside } from '../paths.ts';
import { SECRET_LOOK_MS_MAX } from '../process-limits.ts';
import type { TrustLevel } from '../session/options.ts';
import { within } from '../timer.ts';
import type { Environment } from './environment.ts';
import type { Places } from './protected.ts';
import { asPattern, denyRules, leadsToSecret, seeSecretFiles } from './secret-files.ts';
import { hasSettings } from './trust-level.ts';

type SecretGuardOptions = {
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
    return refusal === undefined ? {} : denyUse(refusal);
  };
}

const OWN_FILE =
  'This file belongs to the server that runs this session; no session reads or writes it.';
const NOT_LOOKED_AT =
  "It could not be checked in time whether this is one of the server's own files.";

/** What a hook before the use of a tool returns to refuse it. */
export function denyUse(reason: string): HookJSONOutput {
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

function fromHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}

/** Claude Code's configuration directory, by each of its names. */
export function configurationsOf({ configDirectory }: Places): Promise<readonly string[]> {
  return namesOf(configDirectory);
}

/**
 * Where Claude Code logs what the MCP servers of all sessions print and answer, by each of its names. It keeps in them
 * what it gets, credentials too.
 */
export function serverLogsOf(environment: Environment, home: string): Promise<readonly string[]> {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = environment;
  const caches: Partial<Record<NodeJS.Platform, string>> = {
    darwin: join(home, 'Library', 'Caches'),
    win32: LOCALAPPDATA || join(home, 'AppData', 'Local'),
  };
  const cache = caches[process.platform] ?? (XDG_CACHE_HOME || join(home, '.cache'));
  return namesOf(join(cache, 'claude-cli-nodejs'));
}

/** A path as it was given, and without links. */
export async function namesOf(path: string): Promise<readonly string[]> {
  return [...new Set([path, await realpath(path).catch(() => path)])];
}

/** What the rules and the hook keep from a session, by each of its names. */
export type KeptOut = {
  /** Claude Code's configuration directory. */
  readonly configurations: readonly string[];
  readonly serverLogs: readonly string[];
};

/**
 * Rules of Claude Code that deny it. The long outputs that Claude Code keeps of the session stay readable. If the
 * repository's or the person's own configuration counts, their agents may remember what they learn, as in a terminal; with
 * the latter, the session too. At no level may it touch conversations, or what an editor starts.
 *
 * @param directories in which the session works; the level is that of the first one
 */
export function keptOutRules(
  { configurations, serverLogs }: KeptOut,
  directories: readonly string[],
  level: TrustLevel,
): readonly string[] {
  const isTrusted = (at: number) => at === 0 && hasSettings(level);
  return [
    ...serverLogs.map((path) => `Read(/${asPattern(path)}/**)`),
    ...configurations
      .map(asPattern)
      .flatMap((at) => [
        `Read(/${at}/projects/**/*.jsonl)`,
        ...(level === 'user'
          ? [`Edit(/${at}/projects/**/*.jsonl)`]
          : [
              `Read(/${at}/projects/**/memory/**)`,
              `Edit(/${at}/projects/**)`,
              `Edit(/${at}/agent-memory/**)`,
            ]),
      ]),
    ...directories.flatMap((directory, at) =>
      ['launch.json', ...(isTrusted(at) ? [] : ['agent-memory/**', 'agent-memory-local/**'])].map(
        (name) => `Edit(/${asPattern(directory)}/.claude/${name})`,
      ),
    ),
  ];
}

/**
 * A hook before each use of a tool. It keeps shell commands from the conversations of others: Claude Code would let them
 * read there without asking, and its rules know single files only, not `ls`, `grep -r` or `*.jsonl`.
 *
 * @param uuid of the session, whose own long outputs are there too
 */
export function conversationGuard(
  { configurations, serverLogs }: KeptOut,
  uuid: string,
  level: TrustLevel,
): HookCallback {
  const folders = configurations.map((at) => join(at, 'projects'));
  // What was remembered for the person, which Claude Code tells such a session anyway.
  const open = level === 'user' ? [uuid, 'memory'] : [uuid];
  const isOfOthers = (path: string) => {
    if (serverLogs.some((logs) => isInside(path, logs))) return true;
    const folder = folders.find((each) => isInside(path, each));
    return (
      folder !== undefined && !open.includes(path.slice(folder.length).split(/[\\/]/)[2] ?? '')
    );
  };
  return async (call) => {
    if (call.hook_event_name !== 'PreToolUse' || call.tool_name !== 'Bash') return {};
    const { command } = call.tool_input as { readonly command?: unknown };
    if (typeof command !== 'string') return {};
    return pathsInCommand(command, call.cwd).some(isOfOthers) ? denyUse(OF_OTHERS) : {};
  };
}

const OF_OTHERS =
  'The conversations of other sessions, or logs of their MCP servers, are kept in this folder; no session reads or writes them.';

/** Everything that could be a path, up to its first wildcard. Claude Code asks about paths that a shell would expand. */
function pathsInCommand(command: string, cwd: string): readonly string[] {
  const words = command.replace(/['"\\]/g, '').split(/[\s;|&<>()=]+/);
  return words.map((word) => resolve(cwd, fromHome(word.replace(/[*?[{].*$/, ''))));
}
