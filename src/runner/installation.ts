/** What a session needs to start: which Claude Code would run, and with what kind of credentials. Nothing is started for good. */

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { childEnvironment, claudeDirectory, cloudsOf } from './environment.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const SDK = '@anthropic-ai/claude-agent-sdk';
const VERSION_MS_MAX = 20_000;

export type Installed = {
  readonly path: string;
  readonly version: string;
};

/**
 * The Claude Code that sessions would run, asked for its version.
 *
 * @param claudePath undefined for the one that the Agent SDK brings
 * @returns undefined where there is none that runs
 */
export async function findClaude(
  claudePath: string | undefined,
  environment: Environment,
): Promise<Installed | undefined> {
  for (const path of claudePath === undefined ? brought() : [claudePath]) {
    const version = await versionOf(path, environment);
    if (version !== undefined) return { path, version };
  }
  return undefined;
}

/** Where the Agent SDK looks, of what is there; on Linux it may bring one for either C library. */
function brought(): readonly string[] {
  const { platform, arch } = process;
  const resolve = createRequire(import.meta.resolve(SDK)).resolve;
  const file = platform === 'win32' ? 'claude.exe' : 'claude';
  const libraries = platform === 'linux' ? ['', '-musl'] : [''];
  return libraries.flatMap((library) => {
    try {
      return resolve(`${SDK}-${platform}-${arch}${library}/${file}`);
    } catch {
      return [];
    }
  });
}

async function versionOf(path: string, environment: Environment): Promise<string | undefined> {
  const env = childEnvironment(environment, { marker: 'version', temporaryDirectory: tmpdir() });
  try {
    const { stdout } = await promisify(execFile)(path, ['--version'], {
      env,
      timeout: VERSION_MS_MAX,
    });
    return /\d+\.\d+\.\d+\S*/.exec(stdout)?.[0];
  } catch {
    return undefined;
  }
}

/** In the order in which Claude Code takes them. */
const VARIABLES: readonly (readonly [string, string])[] = [
  ['ANTHROPIC_AUTH_TOKEN', 'bearer token'],
  ['ANTHROPIC_API_KEY', 'API key'],
  ['CLAUDE_CODE_OAUTH_TOKEN', 'long-lived token of a subscription'],
];

/** The kind of the credentials that Claude Code would use, never their value; undefined where none is seen. */
export function credentialKind(environment: Environment): string | undefined {
  const [cloud] = cloudsOf(environment);
  if (cloud !== undefined) return `those of ${cloud.name} (${cloud.switch})`;
  const [variable] = VARIABLES.filter(([name]) => (environment[name] ?? '') !== '');
  if (variable !== undefined) return `${variable[1]} (${variable[0]})`;
  const file = join(claudeDirectory(environment), '.credentials.json');
  return isLogin(file) ? `login of Claude Code (${file})` : undefined;
}

function isLogin(file: string): boolean {
  try {
    const found: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof found === 'object' && found !== null && 'claudeAiOauth' in found;
  } catch {
    return false;
  }
}
