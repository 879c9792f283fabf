/**
 * The part of our environment that a Claude Code process gets: the names on the lists, those that the operator has given,
 * and nothing else.
 */

import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TrustLevel } from '../session/options.ts';
import { MARKER_VARIABLE } from './process-table.ts';
import { levelVariables } from './trust-level.ts';
import { PASSED, valueFor } from './variables.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const PATTERNS = [/^LC_[A-Z]+$/, /^ANTHROPIC_([A-Z0-9]+_)*MODEL$/];

/** A cloud's credentials are passed only if its switch makes Claude Code use it. */
const CLOUDS = [
  {
    name: 'Amazon Bedrock',
    switch: 'CLAUDE_CODE_USE_BEDROCK',
    names:
      /^(AWS_|ANTHROPIC_BEDROCK_|CLAUDE_CODE_SKIP_BEDROCK_AUTH$|ANTHROPIC_[A-Z_]+_AWS_REGION$)/,
  },
  {
    name: 'Google Vertex AI',
    switch: 'CLAUDE_CODE_USE_VERTEX',
    names:
      /^(GOOGLE_|VERTEX_REGION_|ANTHROPIC_VERTEX_|CLOUD_ML_REGION$|CLAUDE_CODE_SKIP_VERTEX_AUTH$)/,
  },
  {
    name: 'Microsoft Foundry',
    switch: 'CLAUDE_CODE_USE_FOUNDRY',
    names: /^(AZURE_|ANTHROPIC_FOUNDRY_|CLAUDE_CODE_SKIP_FOUNDRY_AUTH$)/,
  },
];

/** The values of a switch that leave it off. */
const OFF = new Set(['', '0', 'false', 'no', 'off']);

/** Claude Code's own default is 10, which keeps a turn on a wrong key or a dead network for three minutes. */
const RETRIES_DEFAULT = '3';

/** What a process has of its own, and what the operator passes on to all. */
type Own = {
  readonly marker: string;
  /** The folder for temporary files. */
  readonly temporaryDirectory: string;
  /** Names that the operator passes on (`--env`). */
  readonly named?: readonly string[];
  /** Without one, `none`. */
  readonly level?: TrustLevel;
};

/** The complete environment of a Claude Code process. */
export function childEnvironment(
  source: Environment,
  { marker, temporaryDirectory, named = [], level = 'none' }: Own,
): Record<string, string> {
  const clouds = cloudsOf(source);
  const passes = (name: string) =>
    PASSED.has(name) ||
    named.includes(name) ||
    PATTERNS.some((pattern) => pattern.test(name)) ||
    clouds.some((cloud) => name === cloud.switch || cloud.names.test(name));
  const passed = Object.entries(source).flatMap(([name, value]) => {
    const own = value === undefined || !passes(name) ? undefined : valueFor(name, value);
    return own === undefined ? [] : [[name, own] as const];
  });
  const { CLAUDE_CONFIG_DIR: _, ...rest } = Object.fromEntries(passed);
  return {
    [MARKER_VARIABLE]: marker,
    CLAUDE_CODE_MAX_RETRIES: RETRIES_DEFAULT,
    ...rest,
    // Claude Code would resolve an empty or relative path in the session's directory.
    ...(source.CLAUDE_CONFIG_DIR && { CLAUDE_CONFIG_DIR: claudeDirectory(source) }),
    // Without these two, the stream does not show a turn's end or a failed start.
    CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS: '1',
    CLAUDE_CODE_STARTUP_FAILURE_RESULTS: '1',
    // Claude Code would run due prompts from a repository's `.claude/scheduled_tasks.json`. At no level: a session runs
    // what it is sent, and one of a terminal's schedule would run in whichever session is alive then.
    CLAUDE_CODE_DISABLE_CRON: '1',
    ...levelVariables(level),
    TMPDIR: temporaryDirectory,
    ...(source.SystemRoot && { TEMP: temporaryDirectory, TMP: temporaryDirectory }),
  };
}

/** Where Claude Code keeps its configuration and its transcripts. */
export function claudeDirectory(source: Environment): string {
  return resolve(source.CLAUDE_CONFIG_DIR || join(source.HOME || homedir(), '.claude'));
}

/** The clouds that Claude Code is to use; the first one counts. */
export function cloudsOf(source: Environment): typeof CLOUDS {
  return CLOUDS.filter((cloud) => !OFF.has((source[cloud.switch] ?? '').trim().toLowerCase()));
}
