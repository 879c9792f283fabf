/**
 * The environment that sessions get a part of: the server's, and what the user's login shell adds to it. A desktop program
 * has not seen the shell's profile, so the tools that it puts on the `PATH` (Homebrew, nvm, uv) would not be found.
 */

import { delimiter } from 'node:path';
import type { Logger } from '../log.ts';
import { LOGIN_MS_MAX } from '../process-limits.ts';
import type { Redactor } from '../redaction.ts';
import { secretsIn } from '../secrets.ts';
import type { Environment } from './environment.ts';
import type { Guarding } from './guarding.ts';
import { askLoginShell } from './login-shell.ts';
import type { System } from './process-table.ts';
import { absoluteFolders, type LoginEnvChoice, TOOL_PLACES } from './variables.ts';

/**
 * Whether the login shell is asked. A desktop passes on the name of the shell, but a program that it starts has no terminal.
 * In a container, there is no such name; there the `PATH` is what it is meant to be.
 */
export function asksLoginShell(
  choice: LoginEnvChoice,
  { SHELL, TERM }: Environment,
  isStdio: boolean,
): boolean {
  if (process.platform === 'win32' || choice === 'never') return false;
  return choice === 'always' || (isStdio && Boolean(SHELL) && !TERM);
}

/** These say where conversations and logins are: if the shell failed to answer once, they would be gone. */
const NEVER_TAKEN = new Set(['HOME', 'CLAUDE_CONFIG_DIR']);

/** The names that the login shell is asked for: where tools are, and what the operator passes on. */
export function namesToAsk(environment: Environment, named: readonly string[]): readonly string[] {
  const isAsked = (name: string) => environment[name] === undefined && !NEVER_TAKEN.has(name);
  return [...new Set(['PATH', ...[...TOOL_PLACES, ...named].filter(isAsked)])];
}

/**
 * The environment with what the login shell has told. The folders of its `PATH` come first, in its order, because a desktop
 * program may have put together one of its own. What is set here stays.
 */
export function withLogin(
  environment: Environment,
  { PATH: path = '', ...told }: Readonly<Record<string, string>>,
): Environment {
  const folders = [path, environment.PATH ?? ''].flatMap(absoluteFolders);
  const own = Object.entries(environment).filter(([, value]) => value !== undefined);
  return { ...told, ...Object.fromEntries(own), PATH: [...new Set(folders)].join(delimiter) };
}

type SessionEnvironmentOptions = {
  readonly environment: Environment;
  readonly named: readonly string[];
  readonly choice: LoginEnvChoice;
  readonly isStdio: boolean;
  readonly guarding: () => Guarding;
  readonly system: System;
  readonly newId: () => string;
  /** Learns the credentials that the shell tells. */
  readonly redactor: Redactor;
  readonly log: Logger;
};

/** Asks the login shell once, when it is first read. */
export class SessionEnvironment {
  readonly #options: SessionEnvironmentOptions;
  readonly #closed = new AbortController();
  #asked: Promise<Environment> | undefined;

  constructor(options: SessionEnvironmentOptions) {
    this.#options = options;
  }

  /** That of the server alone. It says where Claude Code keeps its configuration: no shell decides that. */
  get own(): Environment {
    return this.#options.environment;
  }

  /** Takes up to five seconds, and then a moment to end the shell. Never rejects: without an answer, it is the server's. */
  read(): Promise<Environment> {
    const { choice, environment, isStdio } = this.#options;
    const isAsked = asksLoginShell(choice, environment, isStdio);
    const asks = isAsked && !this.#closed.signal.aborted;
    this.#asked ??= asks ? this.#ask() : Promise.resolve(environment);
    return this.#asked;
  }

  /** Ends a shell that is being asked. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#asked;
  }

  async #ask(): Promise<Environment> {
    const { environment, named, redactor, log, guarding, ...rest } = this.#options;
    const names = namesToAsk(environment, named);
    const { signal } = this.#closed;
    try {
      const request = { ...rest, environment, names, signal, msMax: LOGIN_MS_MAX };
      const answer = await askLoginShell({ ...request, guarding: guarding() });
      const { shell, ms } = answer;
      if ('problem' in answer) {
        log.warn({ shell, ms, problem: answer.problem }, 'login shell told no environment');
        return environment;
      }
      log.info(
        { shell, ms, names: Object.keys(answer.values) },
        'login shell told its environment',
      );
      redactor.learn(secretsIn(answer.values, named));
      return withLogin(environment, answer.values);
    } catch (error) {
      log.warn({ err: error }, 'login shell could not be asked');
      return environment;
    }
  }
}
