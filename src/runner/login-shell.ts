/**
 * Asks the login shell of the user for some variables of its environment. A profile may print, ask, hang, start daemons that
 * keep the output open, or become another shell: so the shell has no terminal, no input and little time, what counts stands
 * between marks that nobody can guess, and all that it has started is killed.
 */

import { once } from 'node:events';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { basename, isAbsolute } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { LOGIN_CHARS_MAX, LOGIN_REST_MS, LOGIN_VALUE_CHARS_MAX } from '../process-limits.ts';
import { aborted, within } from '../timer.ts';
import type { Environment } from './environment.ts';
import { reasonOf } from './failure.ts';
import type { Guarding } from './guarding.ts';
import { ProcessTree, spawnGuarded } from './process.ts';
import { MARKER_VARIABLE, type System } from './process-table.ts';
import type { PipedChild, SpawnRequest } from './spawning.ts';

export type LoginRequest = {
  /** The server's. The shell gets what a login has, and no credentials. */
  readonly environment: Environment;
  /** Of variables. */
  readonly names: readonly string[];
  readonly guarding: Guarding;
  readonly system: System;
  readonly newId: () => string;
  readonly msMax: number;
  /** Gives up. */
  readonly signal?: AbortSignal;
};

/** What was found; a problem says why nothing was, in words that follow the name of the shell. */
export type LoginAnswer = {
  readonly shell: string;
  readonly ms: number;
} & ({ readonly values: Readonly<Record<string, string>> } | { readonly problem: string });

/** What a login has before any profile, and the agents of the desktop, so that no profile starts others. */
const GIVEN =
  /^(HOME|USER|LOGNAME|SHELL|PATH|LANG|LC_[A-Z]+|TZ|TMPDIR|XDG_\w+|NIX_\w+|SSH_AUTH_SOCK|SSH_AGENT_PID|DBUS_SESSION_BUS_ADDRESS)$/;

/** What the inner shell runs: in a variable, because every kind of shell has its own quotes. */
const SCRIPT_VARIABLE = 'CLAUDE_SESSIONS_LOGIN';
const COMMAND = `/bin/sh -c 'eval "$${SCRIPT_VARIABLE}"'`;

/** Never rejects. Resolves when nothing of the shell is left. */
export async function askLoginShell(request: LoginRequest): Promise<LoginAnswer> {
  const shell = loginShell(request.environment);
  const startedAt = performance.now();
  const asked = await answerOf(shell, request).catch((error: unknown) => {
    return { problem: `could not be started: ${reasonOf(error)}` };
  });
  return { shell, ms: Math.round(performance.now() - startedAt), ...asked };
}

/** Without `SHELL`, that of the user's account. */
function loginShell({ SHELL = '' }: Environment): string {
  if (isAbsolute(SHELL)) return SHELL;
  try {
    return userInfo().shell ?? '';
  } catch {
    // The user may have no account.
    return '';
  }
}

type Asked = { readonly values: Readonly<Record<string, string>> } | { readonly problem: string };

async function answerOf(shell: string, request: LoginRequest): Promise<Asked> {
  const { guarding, system, newId, signal, msMax } = request;
  if (shell === '') return { problem: 'is unknown' };
  // Under a guard, a missing program is only an exit code.
  if (!(await isProgram(shell))) return { problem: 'is not a program' };
  const [mark, marker] = [newId(), `login.${newId()}`];
  const spawn = await spawnRequest(shell, request, { mark, marker });
  await guarding.watch(marker);
  const started = spawnGuarded(spawn, guarding.guard);
  const tree = new ProcessTree(started, marker, { killTree: guarding.killTree, system });
  started.child.stdin.end();
  const late = new AbortController();
  try {
    return await Promise.race([
      answerIn(started.child.stdout, mark),
      exitOf(started.child),
      sleep(msMax, { problem: `did not answer within ${msMax} ms` }, { signal: late.signal }),
      aborted(signal).then(() => ({ problem: 'was not waited for' })),
    ]);
  } finally {
    late.abort();
    if (!(await tree.kill())) void tree.untilGone();
  }
}

async function spawnRequest(
  shell: string,
  { environment, names }: LoginRequest,
  { mark, marker }: { readonly mark: string; readonly marker: string },
): Promise<SpawnRequest> {
  const given = Object.entries(environment).filter(([name]) => GIVEN.test(name));
  const home = environment.HOME || homedir();
  const found = await stat(home).catch(() => undefined);
  return {
    command: shell,
    // The C shell takes `-l` only alone.
    args: /^t?csh$/.test(basename(shell)) ? ['-ic', COMMAND] : ['-i', '-l', '-c', COMMAND],
    // Not our own folder: profiles look for versions of tools in the current one.
    cwd: found?.isDirectory() ? home : '/',
    env: {
      ...Object.fromEntries(given),
      HOME: home,
      [MARKER_VARIABLE]: marker,
      [SCRIPT_VARIABLE]: scriptFor(names, mark),
    },
  };
}

/** Prints `NAME=value` of each variable that is set, and a dot in the end, between marks. */
function scriptFor(names: readonly string[], mark: string): string {
  const lines = names.map(
    (name) => `[ -z "\${${name}+x}" ] || printf '%s' "${mark}${name}=\${${name}}${mark}"`,
  );
  return [...lines, `printf '%s' ${mark}.${mark}`].join('\n');
}

/** Resolves as soon as the last mark has been read, or if there is too much to read. */
function answerIn(stdout: Readable, mark: string): Promise<Asked> {
  const end = `${mark}.${mark}`;
  let text = '';
  return new Promise((resolve) => {
    stdout.on('error', () => undefined);
    stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const from = Math.max(0, text.length - end.length);
      text += chunk;
      if (text.includes(end, from)) resolve({ values: valuesIn(text, mark) });
      else if (text.length > LOGIN_CHARS_MAX) resolve({ problem: 'printed too much' });
    });
  });
}

/** What stands between the second and the third mark, and so on, was printed by something else. */
function valuesIn(text: string, mark: string): Readonly<Record<string, string>> {
  const answers = text.split(mark).filter((_, at) => at % 2 === 1);
  const pairs = answers.flatMap((answer) => {
    const [, name = '', value = ''] = /^(\w+)=(.*)$/s.exec(answer) ?? [];
    return name === '' || value.length > LOGIN_VALUE_CHARS_MAX ? [] : [[name, value] as const];
  });
  return Object.fromEntries(pairs);
}

/** A daemon may keep its output open. */
async function exitOf(child: PipedChild): Promise<Asked> {
  const [code, signal] = await once(child, 'exit');
  await within(once(child, 'close'), LOGIN_REST_MS);
  const how = code === null ? `was ended by ${signal}` : `ended with exit code ${code}`;
  return { problem: `${how} before it answered` };
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
