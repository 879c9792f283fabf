/**
 * Settings: a flag, an environment variable and a key with the same words; flags win over the
 * environment, the environment over the defaults. The only reader of `process.env`.
 */

import { existsSync, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { z } from 'zod';
import { type CommandFlags, readCommandLine } from './command-line.ts';
import type { Command } from './commands.ts';
import { quoteId, SettingError } from './errors.ts';
import type { LogLevel } from './log.ts';
import { isInside } from './paths.ts';
import { REPEATABLE, SETTING_NAMES, settingsSchema } from './settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export type Settings = {
  readonly command: Command;
  /** What a command is for: the FILE of `backup`, the ID of a session. */
  readonly operand?: string;
  /** The flags that are no settings, unchecked; servers have none. */
  readonly commandFlags?: CommandFlags;
  readonly stateDir: string;
  /** Real paths, for a server; the other commands take what was given, whether it exists or not. */
  readonly roots: readonly string[];
  /** Where a session works that names no directory: here, if that is inside a root. */
  readonly defaultDirectory: string;
  readonly claudePath: string | undefined;
  readonly maxLive: number;
  readonly maxSessions: number;
  readonly maxSessionsPerPrincipal: number;
  readonly idleEvictMs: number;
  readonly sessionTtlMs: number;
  /** An ended session and its log are forgotten after this long. */
  readonly retainMs: number;
  readonly permissionTimeoutMs: number;
  readonly allowBypassPermissions: boolean;
  readonly logLevel: LogLevel;
  readonly logFile: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly httpMode: 'sessions' | 'dual';
  readonly tokenFile: string | undefined;
  readonly noAuth: boolean;
  /** Further `Host` and `Origin` values that HTTP answers. */
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  /** The MCP endpoint as clients name it, where a proxy stands in front. */
  readonly publicUrl: string | undefined;
  /** OAuth authorization servers that clients are pointed to. */
  readonly authServers: readonly string[];
  /** HTTP requests a second of one principal. */
  readonly rateLimit: number;
  /** What the processes of sessions are given a part of. */
  readonly environment: Environment;
};

/**
 * Settings from a command line (without the program's name) and an environment.
 *
 * @throws SettingError with the one line to show
 */
export function readSettings(
  argv: readonly string[],
  environment: Environment = process.env,
): Settings {
  const { command, settings: flags, ...rest } = readCommandLine(argv);
  const parsed = settingsSchema.safeParse({ ...readEnvironment(environment), ...flags });
  if (!parsed.success) throw badSetting(parsed.error);
  const values = parsed.data;
  const serves = command === 'stdio' || command === 'http';
  const roots = (values.root ?? [homedir()]).map(serves ? realDirectory : (root) => resolve(root));
  const settings: Settings = {
    command,
    ...rest,
    stateDir: resolve(values['state-dir'] ?? defaultStateDirectory(environment)),
    roots,
    defaultDirectory: defaultDirectory(roots),
    claudePath: absolute(values['claude-path']),
    maxLive: values['max-live'],
    maxSessions: values['max-sessions'],
    maxSessionsPerPrincipal: values['max-sessions-per-principal'] ?? values['max-sessions'],
    idleEvictMs: values['idle-evict-ms'],
    sessionTtlMs: values['session-ttl-ms'],
    retainMs: values['retain-ms'],
    permissionTimeoutMs: values['permission-timeout-ms'],
    allowBypassPermissions: isOn(values['allow-bypass-permissions']),
    logLevel: values['log-level'],
    logFile: absolute(values['log-file']),
    host: values.host,
    port: values.port,
    httpMode: values['http-mode'],
    tokenFile: absolute(values['token-file']),
    noAuth: isOn(values['no-auth']),
    allowedHosts: values['allowed-host'] ?? [],
    allowedOrigins: values['allowed-origin'] ?? [],
    publicUrl: values['public-url'],
    authServers: values['auth-server'] ?? [],
    rateLimit: values['rate-limit'],
    environment,
  };
  checkNoAuth(settings);
  return settings;
}

/** The addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return (
    host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
  );
}

/** The environment variable of a setting. */
export function variableOf(name: string): string {
  return `CLAUDE_SESSIONS_${name.toUpperCase().replaceAll('-', '_')}`;
}

function readEnvironment(environment: Environment): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const name of SETTING_NAMES) {
    const value = environment[variableOf(name)];
    if (value === undefined || value === '') continue;
    const separator = REPEATABLE.get(name);
    values[name] = separator === undefined ? value : value.split(separator);
  }
  return values;
}

function badSetting(error: z.ZodError): SettingError {
  const [issue] = error.issues;
  const name = String(issue?.path[0]);
  return new SettingError(`--${name} (or ${variableOf(name)}): ${issue?.message}`);
}

/** The platform's folder for state: XDG on Linux, Application Support on macOS, LOCALAPPDATA on Windows. */
function defaultStateDirectory(environment: Environment): string {
  const name = 'claude-sessions-mcp';
  if (process.platform === 'darwin') {
    return join(homedir(), 'Library', 'Application Support', name);
  }
  if (process.platform === 'win32') {
    return join(environment.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), name);
  }
  return join(environment.XDG_STATE_HOME || join(homedir(), '.local', 'state'), name);
}

function realDirectory(root: string): string {
  try {
    const real = realpathSync(resolve(root));
    if (statSync(real).isDirectory()) return real;
  } catch {
    // Falls through to the one message below: what is missing and what is no directory read alike.
  }
  throw new SettingError(
    `--root (or ${variableOf('root')}): ${quoteId(root)} is not an existing directory`,
  );
}

/**
 * Where paths are meant from: npm starts a program in the folder of its package, and says where it was called. What
 * another package's script starts inherits that word; it is not started in our folder.
 *
 * @param ownFolder the folder of our package
 */
export function callersFolder(
  ownFolder: string,
  environment: Environment = process.env,
  here: string = process.cwd(),
): string {
  const { INIT_CWD: called } = environment;
  const isCalled = isStartScript(ownFolder, environment, here);
  return isCalled && called !== undefined && existsSync(called) ? called : here;
}

/**
 * Whether npm runs us and waits for our end: as the `start` of our package, or as what `npx` was asked for. What other
 * scripts start may be meant to outlive them.
 */
export function isRunByNpm(
  ownFolder: string,
  environment: Environment = process.env,
  here: string = process.cwd(),
): boolean {
  const { npm_lifecycle_event: event, npm_lifecycle_script: line = '' } = environment;
  const isNpx = event === 'npx' && /^'?claude-sessions-mcp\b/.test(line);
  return isNpx || isStartScript(ownFolder, environment, here);
}

function isStartScript(ownFolder: string, environment: Environment, here: string): boolean {
  return environment.npm_lifecycle_event === 'start' && here === ownFolder;
}

function defaultDirectory(roots: readonly string[]): string {
  const here = process.cwd();
  return roots.some((root) => isInside(here, root)) ? here : (roots[0] ?? here);
}

function checkNoAuth(settings: Settings): void {
  if (settings.command !== 'http' || !settings.noAuth || isLoopback(settings.host)) return;
  throw new SettingError(
    `--no-auth is refused on ${quoteId(settings.host)}: without a token only a loopback address may be served`,
  );
}

function absolute(value: string | undefined): string | undefined {
  return value === undefined ? undefined : resolve(value);
}

function isOn(value: boolean | string): boolean {
  return value === true || value === 'true' || value === '1';
}

/** Why this Node cannot run the program, or undefined: older SQLite can corrupt a shared file. */
export function nodeProblem(version: string): string | undefined {
  const [major = 0, minor = 0, patch = 0] = version.replace(/^v/, '').split('.').map(Number);
  const fits22 = major === 22 && (minor > 22 || (minor === 22 && patch >= 3));
  const fits24 = major > 24 || (major === 24 && minor >= 15);
  if (fits22 || fits24) return undefined;
  return `Node 22.22.3 or newer in line 22, or 24.15 or newer, is needed; this is ${version}`;
}
