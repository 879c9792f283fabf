/** The part of our environment that a Claude Code process gets: the names on these lists and nothing else. */

import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { MARKER_VARIABLE } from './process-table.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const PLAIN = new Set(
  [
    // The user and the system.
    'PATH HOME USER LOGNAME SHELL LANG TZ TERM XDG_CONFIG_HOME',
    // The way to the network.
    'SSL_CERT_FILE SSL_CERT_DIR NODE_EXTRA_CA_CERTS',
    'HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy',
    // Claude Code and its credentials.
    'CLAUDE_CODE_OAUTH_TOKEN CLAUDE_CODE_MAX_RETRIES CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC',
    'CLAUDE_CODE_GIT_BASH_PATH ANTHROPIC_API_KEY ANTHROPIC_AUTH_TOKEN ANTHROPIC_BASE_URL',
    'ANTHROPIC_CUSTOM_HEADERS API_TIMEOUT_MS',
    'DISABLE_TELEMETRY DISABLE_ERROR_REPORTING DISABLE_AUTOUPDATER',
    // Set by an operator whose container is the sandbox: without it root cannot bypass permissions.
    'IS_SANDBOX',
    // Without these no program starts on Windows.
    'Path PATHEXT SystemRoot SystemDrive windir ComSpec',
    'APPDATA LOCALAPPDATA USERPROFILE ProgramData ProgramFiles',
  ].flatMap((names) => names.split(' ')),
);

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

/** The complete environment of a Claude Code process. The folder for temporary files is the session's own. */
export function childEnvironment(
  source: Environment,
  { marker, temporaryDirectory }: { readonly marker: string; readonly temporaryDirectory: string },
): Record<string, string> {
  const clouds = cloudsOf(source);
  const passes = (name: string) =>
    PLAIN.has(name) ||
    PATTERNS.some((pattern) => pattern.test(name)) ||
    clouds.some((cloud) => name === cloud.switch || cloud.names.test(name));
  const passed = Object.entries(source).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && passes(entry[0]),
  );
  return {
    [MARKER_VARIABLE]: marker,
    CLAUDE_CODE_MAX_RETRIES: RETRIES_DEFAULT,
    ...Object.fromEntries(passed),
    // Claude Code would resolve an empty or relative path in the session's directory.
    ...(source.CLAUDE_CONFIG_DIR && { CLAUDE_CONFIG_DIR: claudeDirectory(source) }),
    // Without these two, the stream does not show a turn's end or a failed start.
    CLAUDE_CODE_EMIT_SESSION_STATE_EVENTS: '1',
    CLAUDE_CODE_STARTUP_FAILURE_RESULTS: '1',
    // Claude Code would run due prompts from a repository's `.claude/scheduled_tasks.json`.
    CLAUDE_CODE_DISABLE_CRON: '1',
    // Claude writes there without asking, in every mode, and all later sessions in that directory read it.
    CLAUDE_CODE_DISABLE_AUTO_MEMORY: '1',
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
