/** What sessions get of the environment: the `PATH`, what the login shell tells, and what stays out and is missed there. */

import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Settings } from '../config.ts';
import { failureOf } from '../errors.ts';
import { createLog } from '../log.ts';
import { LOGIN_MS_MAX } from '../process-limits.ts';
import { Redactor } from '../redaction.ts';
import { childEnvironment, type Environment } from '../runner/environment.ts';
import { startGuarding } from '../runner/guarding.ts';
import { askLoginShell, type LoginAnswer } from '../runner/login-shell.ts';
import { processesOf } from '../runner/processes.ts';
import { asksLoginShell, namesToAsk, withLogin } from '../runner/session-environment.ts';
import { absoluteFolders } from '../runner/variables.ts';
import { tildePath } from '../views/figures.ts';
import { type CheckResult, type Finding, ok, warn } from './state-checks.ts';

/** Variables that people set and that sessions do not get by themselves, and what fails there without them. */
const MISSED: readonly (readonly [names: RegExp, fails: string])[] = [
  [/^SSH_AUTH_SOCK$/, 'git over ssh cannot use the keys of the agent'],
  [/^GIT_SSH(_COMMAND)?$/, 'git over ssh runs plain ssh'],
  [/^(GH|GITHUB|GH_ENTERPRISE|GITHUB_ENTERPRISE)_TOKEN$|^GH_HOST$/, 'gh is not logged in by it'],
  [/^(GITLAB|GL)_TOKEN$/, 'glab is not logged in by it'],
  [/^(GNUPGHOME|GPG_TTY)$/, 'signing of commits with GPG may fail'],
  [/^GIT_(AUTHOR|COMMITTER)_(NAME|EMAIL)$/, 'commits have the author of the git configuration'],
  [/^GIT_CONFIG_(GLOBAL|COUNT)$/, 'git uses the usual configuration'],
  [/^DOCKER_(HOST|CONTEXT|CONFIG)$/, 'docker uses the usual daemon and logins'],
  [/^KUBECONFIG$/, 'kubectl uses ~/.kube/config'],
  [/^(npm_config_registry|NPM_CONFIG_REGISTRY|NPM_TOKEN|NODE_AUTH_TOKEN)$/, 'npm uses ~/.npmrc'],
  [/^PIP_(EXTRA_)?INDEX_URL$|^PIP_(CONFIG_FILE|FIND_LINKS)$/, 'pip uses its usual index'],
  [/^UV_(EXTRA_|DEFAULT_)?INDEX(_URL)?$/, 'uv uses its usual index'],
  [/^AWS_(PROFILE|ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)$/, 'aws uses its default profile'],
  [/^LD_LIBRARY_PATH$/, 'programs that need libraries from there do not start'],
];

export type SeenVariables = {
  /** What sessions of a server that is started here get a part of. */
  readonly environment: Environment;
  readonly checks: readonly CheckResult[];
};

/** Asks the login shell if a server might. */
export async function seeVariables(settings: Settings): Promise<SeenVariables> {
  const { environment: own, envs, loginEnv } = settings;
  const isUsed = asksLoginShell(loginEnv, own, true);
  const mayBeUsed = isUsed || asksLoginShell(loginEnv, { ...own, TERM: undefined }, true);
  const answer = mayBeUsed ? await askHere(settings).catch(notAsked) : undefined;
  const told = answer !== undefined && 'values' in answer ? answer.values : undefined;
  const environment = isUsed && told !== undefined ? withLogin(own, told) : own;
  return {
    environment,
    checks: [
      { name: 'PATH', ...pathCheck(environment, own) },
      ...(answer === undefined ? [] : [{ name: 'login shell', ...loginCheck(answer, isUsed) }]),
      ...variableChecks(environment, envs).map((found) => ({ name: 'environment', ...found })),
    ],
  };
}

/** In a directory that is removed afterwards: this command makes nothing. */
async function askHere({ environment, envs, ...settings }: Settings): Promise<LoginAnswer> {
  const stateDir = await mkdtemp(join(tmpdir(), 'claude-sessions-doctor-'));
  const log = createLog({ level: 'silent', redactor: new Redactor([]) });
  try {
    const processes = processesOf({ ...settings, stateDir });
    const guarding = startGuarding({ ...processes, log });
    const names = namesToAsk(environment, envs);
    const { system } = processes.finder;
    const [newId, msMax] = [randomUUID, LOGIN_MS_MAX];
    return await askLoginShell({ environment, names, guarding, system, newId, msMax });
  } finally {
    await rm(stateDir, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** There are too few file descriptors, or no room for temporary files. */
function notAsked(error: unknown): LoginAnswer {
  return { shell: '', ms: 0, problem: `could not be asked: ${failureOf(error).message}` };
}

function pathCheck({ PATH: path = '' }: Environment, { PATH: given = '' }: Environment): Finding {
  const folders = [...new Set(absoluteFolders(path))];
  const list = folders.map(tildePath).join(', ');
  if (folders.length === 0)
    return warn('none: sessions find no programs', 'set PATH for the server.');
  const relative = given.split(delimiter).filter((folder) => absoluteFolders(folder).length === 0);
  if (relative.length === 0) return ok(list);
  const left = relative.map((folder) => folder || '(empty)').join(', ');
  const hint = 'give absolute folders: a relative or empty one would be one of the repository.';
  return warn(`${list}; left out: ${left}`, hint);
}

function loginCheck(answer: LoginAnswer, isUsed: boolean): Finding {
  const { shell, ms } = answer;
  if ('problem' in answer) {
    return warn(
      `${shell || 'it'} ${answer.problem}: a server that a desktop program starts does not find what your profile adds`,
      'repair the profile of that shell, or set PATH in the configuration of the client; --login-env never asks no more.',
    );
  }
  const seconds = `${(ms / 1000).toFixed(1)} s`;
  if (isUsed) return ok(`${shell} told its PATH in ${seconds}, which comes first`);
  const folders = new Set(absoluteFolders(answer.values.PATH ?? '').map(tildePath));
  const who = 'a server that a desktop program starts gets its PATH';
  return ok(`${shell} answers in ${seconds}; ${who}: ${[...folders].join(', ')}`);
}

/** @returns at least one */
function variableChecks(environment: Environment, named: readonly string[]): readonly Finding[] {
  const own = { marker: 'doctor', temporaryDirectory: tmpdir(), named };
  const passed = childEnvironment(environment, own);
  const kept = Object.keys(environment).filter((name) => environment[name] && !(name in passed));
  const missed = MISSED.flatMap(([pattern, fails]) => {
    const names = kept.filter((name) => pattern.test(name));
    return names.length === 0 ? [] : [missedVariables(names, fails)];
  });
  const unset = named.filter((name) => environment[name] === undefined).map(unsetVariable);
  const found = [...missed, ...unset];
  if (found.length > 0) return found;
  const more = named.length === 0 ? '' : `, and ${named.join(', ')}`;
  return [ok(`sessions get the usual variables${more}`)];
}

function missedVariables(names: readonly string[], fails: string): Finding {
  const [list, are] = [names.join(', '), names.length === 1 ? 'is' : 'are'];
  const flags = names.map((name) => `--env ${name}`).join(' ');
  return warn(
    `${list} ${are} set here and not passed on: ${fails}`,
    `pass ${flags} if sessions need it.`,
  );
}

function unsetVariable(name: string): Finding {
  return warn(
    `${name} is not set here, so --env ${name} passes nothing on`,
    'set it where the server starts.',
  );
}
