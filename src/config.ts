/**
 * Reads the settings: flags win over the environment, and the environment over the defaults. The only reader of
 * `process.env`.
 */

import { existsSync, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { type CommandLine, readCommandLine } from './command-line.ts';
import type { Command } from './commands.ts';
import { quoteId, SettingError } from './errors.ts';
import { isInside } from './paths.ts';
import type { Trust } from './service/trust.ts';
import {
  badSetting,
  SETTING_LIST,
  type SettingValues,
  settingValues,
  variableOf,
} from './settings.ts';
import { readTrust } from './trust-setting.ts';

/** Not a setting: only for tests, see `docs/contributing.md`. */
const PORTABLE_VARIABLE = 'CLAUDE_SESSIONS_TEST_PORTABLE';

export type Environment = Readonly<Record<string, string | undefined>>;

export type Settings = Omit<SettingValues, 'trust'> & {
  readonly command: Command;
  /** What a command is about: the FILE of `backup`, the ID of a session. */
  readonly operand?: string;
  /** What stands behind that: the TEXT of `send`. */
  readonly text?: string;
  /** The flags that belong to the command, unchecked; servers have none. */
  readonly commandFlags?: CommandLine['commandFlags'];
  readonly repeated?: CommandLine['repeated'];
  readonly stateDir: string;
  /** Real paths, for a server. Other commands take them as given; they need not exist. */
  readonly roots: readonly string[];
  /** As the roots: real paths for a server. */
  readonly trust: Trust;
  /**
   * Where a session works if its caller names no directory: the current one if it is inside a root, else the only root.
   * Never the home directory itself: whoever wants a session to work on everything has to say so.
   */
  readonly defaultDirectory?: string | undefined;
  readonly maxSessionsPerPrincipal: number;
  /** To guard processes with nothing but what every POSIX system has, for tests of that on Linux. */
  readonly isPortable: boolean;
  /** It runs as the extension for Claude Desktop: settings are not flags, but fields of a form. */
  readonly isExtension: boolean;
  /** Sessions get a part of it. */
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
  const values = settingValues({ ...readEnvironment(environment), ...flags });
  const serves = command === 'stdio' || command === 'http';
  const given = values.roots.length === 0 ? [homedir()] : values.roots;
  const roots = given.map(serves ? realDirectory : (root) => resolve(root));
  const settings: Settings = {
    ...values,
    ...rest,
    command,
    stateDir: values.stateDir ?? resolve(defaultStateDirectory(environment)),
    roots,
    trust: readTrust(values.trust, { command, roots, serves }),
    defaultDirectory: defaultDirectory(roots),
    maxSessionsPerPrincipal: values.maxSessionsPerPrincipal ?? values.maxSessions,
    isPortable: environment[PORTABLE_VARIABLE] === '1',
    isExtension: isExtension(environment),
    environment,
  };
  checkNoAuth(settings);
  return settings;
}

/** Set by the manifest of the extension. No setting: nobody else has a use for it. */
const EXTENSION_VARIABLE = 'CLAUDE_SESSIONS_EXTENSION';

/** Known before the settings are, which may be bad. */
export function isExtension(environment: Environment = process.env): boolean {
  return environment[EXTENSION_VARIABLE] === '1';
}

/** The addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return (
    host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host)
  );
}

function readEnvironment(environment: Environment): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const { flag, separator } of SETTING_LIST) {
    const value = environment[variableOf(flag)];
    if (value === undefined || value === '') continue;
    values[flag] = separator === undefined ? value : value.split(separator);
  }
  return values;
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
    // Falls through: the message is the same whether it is missing or no directory.
  }
  throw badSetting('root', `${quoteId(root)} is not an existing directory`);
}

/**
 * The directory that paths are relative to. npm starts a program in the folder of its package and passes the directory
 * it was called in. A program that another package's script starts inherits that variable, but does not start in our
 * folder.
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
 * Whether npm runs us and waits for us to end: as `npm start` in our package, or through `npx`. A program that another
 * script starts may be meant to outlive it.
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

/** The last of the folders that npm puts first in the `PATH`, whichever npm it is. */
const LAST_OF_NPM = /[\\/]node-gyp-bin$/;

/**
 * The environment as the caller of npm has it. What npm puts first in the `PATH` are the programs of our package: sessions
 * would run our Node and our TypeScript instead of the user's.
 */
export function callersEnvironment(
  ownFolder: string,
  environment: Environment = process.env,
  here: string = process.cwd(),
): Environment {
  if (!isRunByNpm(ownFolder, environment, here)) return environment;
  const folders = (environment.PATH ?? '').split(delimiter);
  const last = folders.findIndex((folder) => LAST_OF_NPM.test(folder));
  return { ...environment, PATH: folders.slice(last + 1).join(delimiter) };
}

function isStartScript(ownFolder: string, environment: Environment, here: string): boolean {
  return environment.npm_lifecycle_event === 'start' && here === ownFolder;
}

function defaultDirectory(roots: readonly string[]): string | undefined {
  const here = process.cwd();
  const isHereInside = roots.some((root) => isInside(here, root));
  const [only] = roots.length === 1 ? roots : [];
  const places = [isHereInside ? here : undefined, only];
  return places.find((place) => place !== undefined && !isHome(place));
}

function isHome(place: string): boolean {
  return [homedir(), realOf(homedir())].includes(place);
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function checkNoAuth(settings: Settings): void {
  if (settings.command !== 'http' || !settings.noAuth || isLoopback(settings.host)) return;
  throw new SettingError(
    `--no-auth is refused on ${quoteId(settings.host)}: without a token only a loopback address may be served`,
  );
}
