/** Claude Code's own sandbox for shell commands: what it denies them, and what Claude is told about it. */

import { join } from 'node:path';
import type { Options } from '@anthropic-ai/claude-agent-sdk';
import { isInside } from '../paths.ts';
import { credentialFilesIn, credentialNamesIn } from '../secrets.ts';
import type { SessionOptions } from '../session/options.ts';
import type { Environment } from './environment.ts';
import { configurationsOf, namesOf, serverLogsOf } from './kept-out.ts';
import type { Places } from './protected.ts';

/** In the home directory. */
const CREDENTIAL_FILES = [
  '.ssh .gnupg .netrc .git-credentials .npmrc .pypirc .pgpass .vault-token .password-store',
  '.aws .azure .kube .docker/config.json .cargo/credentials .cargo/credentials.toml .gem/credentials',
  '.terraform.d/credentials.tfrc.json .local/share/keyrings .claude.json .claude/.credentials.json',
].flatMap((names) => names.split(' '));

/** Below `~/.config`. */
const CONFIG_FILES = 'gh glab-cli hub gcloud git/credentials op rclone'.split(' ');

/** A socket is no credential, but there are keys behind it. */
const KEY_SOCKET = 'SSH_AUTH_SOCK';

type SandboxPlaces = {
  /** Of the session. */
  readonly uuid: string;
  /** The variables that the operator passes on. */
  readonly named?: readonly string[];
  readonly places: Places;
  /** The server's own: no command reads the logs, conversations and temporary files of other sessions. */
  readonly stateDirectory: string;
  /** The session's, which may be in the state directory. */
  readonly temporaryDirectory: string;
};

/**
 * For a session that runs in the sandbox. Its commands run without a question and never outside of it: they write only in
 * the session's directories, reach only its domains, and see no credentials.
 *
 * @param environment of the Claude Code process, which commands would inherit
 */
export async function sandboxOptions(
  options: SessionOptions,
  environment: Environment,
  at: SandboxPlaces,
): Promise<Pick<Options, 'sandbox'>> {
  if (options.sandbox !== true) return {};
  const { workingDirectory, additionalDirectories = [], sandboxDomains = [] } = options;
  const states = await namesOf(at.stateDirectory);
  const own = [at.temporaryDirectory, workingDirectory, ...additionalDirectories];
  const isState = (path: string) => states.some((state) => isInside(path, state));
  const names = new Set([...credentialNamesIn(environment, at.named), KEY_SOCKET]);
  const conversations = await conversationsOf(at, options);
  const serverLogs = await serverLogsOf(environment, at.places.home);
  return {
    sandbox: {
      enabled: true,
      failIfUnavailable: true,
      allowUnsandboxedCommands: false,
      autoAllowBashIfSandboxed: true,
      network: { strictAllowlist: true, allowedDomains: [...sandboxDomains] },
      filesystem: {
        denyRead: [...states, ...conversations.denied, ...serverLogs],
        allowRead: [
          ...(await Promise.all(own.map(namesOf))).flat().filter(isState),
          ...conversations.own,
        ],
      },
      credentials: {
        envVars: [...names].map((name) => ({ name, mode: 'deny' })),
        files: filesOf(environment, at.places).map((path) => ({ path, mode: 'deny' })),
      },
    },
  };
}

/** Appended to the system prompt. Without it, Claude would not know why `git add -A` fails. */
export function sandboxNote({ sandbox }: SessionOptions): string | undefined {
  return sandbox === true ? NOTE : undefined;
}

const NOTE =
  'Shell commands run in a sandbox. In this sandbox add files to git by name: `git add -A` and `git add .` fail on ' +
  'files that exist only here.';

/**
 * The folders of all conversations, and what in them is for the session: what Claude Code keeps of its long outputs, and
 * with the person's own configuration what was remembered. Rules about the files in them do not do: the sandbox looks for
 * these when a command begins, and other sessions begin while it runs.
 */
async function conversationsOf(
  { places, uuid }: SandboxPlaces,
  { settings }: SessionOptions,
): Promise<{ readonly denied: readonly string[]; readonly own: readonly string[] }> {
  const denied = (await configurationsOf(places)).map((path) => join(path, 'projects'));
  const names = settings === 'user' ? [uuid, 'memory'] : [uuid];
  return { denied, own: denied.flatMap((path) => names.map((name) => join(path, '*', name))) };
}

function filesOf(environment: Environment, { home, configDirectory }: Places): readonly string[] {
  const config = environment.XDG_CONFIG_HOME || join(home, '.config');
  return [
    ...CREDENTIAL_FILES.map((name) => join(home, name)),
    ...CONFIG_FILES.map((name) => join(config, name)),
    ...['.credentials.json', '.claude.json'].map((name) => join(configDirectory, name)),
    ...credentialFilesIn(environment),
  ];
}
