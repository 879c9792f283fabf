/**
 * What a session needs to start: which Claude Code would run, in which version, and with what kind of credentials. Nothing
 * is started for good.
 */

import { execFile } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Failure, SessionError } from '../errors.ts';
import { childEnvironment, claudeDirectory, cloudsOf, type Environment } from './environment.ts';
import { reasonOf, spawnError, unavailable } from './failure.ts';

const SDK = '@anthropic-ai/claude-agent-sdk';
const VERSION_MS_MAX = 20_000;

/** A problem says why none was found, to be shown after "no Claude Code: ". */
type Found = { readonly path: string; readonly version: string } | { readonly problem: string };

/**
 * The Claude Code that sessions would run, asked for its version.
 *
 * @param claudePath undefined for the one that the Agent SDK brings
 * @param named the variables that the operator passes on
 */
export async function findClaude(
  claudePath: string | undefined,
  environment: Environment,
  named: readonly string[] = [],
): Promise<Found> {
  const own = { marker: 'version', temporaryDirectory: tmpdir(), named };
  const env = childEnvironment(environment, own);
  const problems: string[] = [];
  for (const path of claudePath === undefined ? brought() : [claudePath]) {
    const asked = await askVersion(path, env);
    if ('version' in asked) return asked;
    problems.push(`${path} ${asked.problem}`);
  }
  return { problem: problems.join('; ') || NONE_BROUGHT };
}

const NONE_BROUGHT = `the Agent SDK brings none for ${process.platform} ${process.arch}`;

/**
 * Why the Agent SDK has not found the Claude Code that it brings. It says the same for one that is not there and for one
 * that it could not look for, so this looks again, in a way that takes no file descriptor.
 */
export function broughtError(cause: unknown): SessionError {
  const [path] = brought();
  if (path === undefined) return notFound(NONE_BROUGHT, cause);
  try {
    closeSync(openSync(path, 'r'));
    return spawnError(cause);
  } catch (error) {
    return spawnError(error);
  }
}

/** The error of a Claude Code that a person must install or name. */
export function notFound(problem: string, cause?: unknown): SessionError {
  return new SessionError('UNAVAILABLE', `no Claude Code that can be run: ${problem}`, {
    hint: 'install it with `npm install -g @anthropic-ai/claude-code` and give its path with --claude-path.',
    retryable: false,
    cause,
  });
}

/** The existing files among those that the Agent SDK looks for. On Linux it may have one for each C library. */
function brought(): readonly string[] {
  const { platform, arch } = process;
  const file = platform === 'win32' ? 'claude.exe' : 'claude';
  const libraries = platform === 'linux' ? ['', '-musl'] : [''];
  const folders = createRequire(import.meta.resolve(SDK)).resolve.paths(SDK) ?? [];
  return libraries.flatMap((library) => {
    const name = `${SDK}-${platform}-${arch}${library}`;
    const found = folders.map((folder) => join(folder, name, file)).find(existsSync);
    return found ?? [];
  });
}

async function askVersion(path: string, env: Record<string, string>): Promise<Found> {
  const options = { env, timeout: VERSION_MS_MAX };
  try {
    const { stdout } = await promisify(execFile)(path, ['--version'], options);
    const version = /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0];
    return version === undefined ? { problem: 'tells no version' } : { path, version };
  } catch (error) {
    return { problem: problemOf(error) };
  }
}

/** @param error of a program that was asked for its version */
function problemOf(error: unknown): string {
  const { code, killed } = error as { readonly code?: unknown; readonly killed?: boolean };
  if (killed === true) return `did not tell its version within ${VERSION_MS_MAX} ms`;
  if (typeof code === 'number') return `ended with exit code ${code} when asked for its version`;
  return `could not be started: ${reasonOf(error)}`;
}

/** In the order in which Claude Code takes them. */
const VARIABLES = {
  ANTHROPIC_AUTH_TOKEN: 'bearer token',
  ANTHROPIC_API_KEY: 'API key',
  CLAUDE_CODE_OAUTH_TOKEN: 'long-lived token of a subscription',
};

/** The kind of the credentials that Claude Code would use, never their value. Undefined if none are found. */
export function credentialKind(environment: Environment): string | undefined {
  const [cloud] = cloudsOf(environment);
  if (cloud !== undefined) return `those of ${cloud.name} (${cloud.switch})`;
  const variable = Object.entries(VARIABLES).find(([name]) => environment[name]);
  if (variable !== undefined) return `${variable[1]} (${variable[0]})`;
  const file = join(claudeDirectory(environment), '.credentials.json');
  return isLogin(file) ? `login of Claude Code (${file})` : undefined;
}

function isLogin(file: string): boolean {
  try {
    // Reading a pipe might never end.
    if (!statSync(file).isFile()) return false;
    const found: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof found === 'object' && found !== null && 'claudeAiOauth' in found;
  } catch {
    return false;
  }
}

/** The first version that can take a text literally. Earlier ones silently ignore that option. */
export const CLAUDE_VERSION_MIN = '2.1.248';

/** Why a Claude Code of this version is not used; undefined if it may be. A version that cannot be read is too old. */
export function versionFailure(version = ''): Failure | undefined {
  const [found] = /^\d{1,6}\.\d{1,6}\.\d{1,6}/.exec(version) ?? [];
  if (found !== undefined && isAtLeast(found, CLAUDE_VERSION_MIN)) return undefined;
  return unavailable(
    `Claude Code ${CLAUDE_VERSION_MIN} or later is needed, and this one is ${found ?? 'of unknown version'}: it would read files and run commands that a prompt only mentions`,
    'update it, or leave out --claude-path to use the one that the Agent SDK brings.',
  );
}

function isAtLeast(version: string, least: string): boolean {
  return version.localeCompare(least, 'en', { numeric: true }) >= 0;
}
