/** Where the built program runs: a folder for everything of a test or a rig, and what was started there. */

import { mkdirSync, realpathSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { processesWith } from '../../demo/processes.ts';
import { type IsolatedEnvironment, isolatedEnvironment } from '../claude-env.ts';
import { type MessagesApi, startMessagesApi } from '../messages-api.ts';
import type { HttpTarget } from './http-wire.ts';
import { LineWire } from './line-wire.ts';
import { type Env, MAIN, Program, type Start } from './program.ts';
import { type ClientKind, SdkClient } from './sdk-client.ts';

export class Place {
  /** For files of the test itself; no root of the program. A real path. */
  readonly scratch: string;
  /** The only root: sessions work here. */
  readonly directory: string;
  /** Does not exist before the program makes it. */
  readonly stateDirectory: string;
  /** The program's complete environment: a Claude Code that touches nothing else, and our settings. */
  readonly env: Env;
  readonly #remove: () => Promise<void>;
  readonly #deferred: (() => unknown)[] = [];

  constructor({ directory, env, remove }: IsolatedEnvironment) {
    this.scratch = realpathSync(directory);
    this.#remove = remove;
    this.directory = join(this.scratch, 'work');
    this.stateDirectory = join(this.scratch, 'state');
    mkdirSync(this.directory);
    this.env = {
      ...env,
      CLAUDE_SESSIONS_STATE_DIR: this.stateDirectory,
      CLAUDE_SESSIONS_ROOT: this.directory,
      CLAUDE_SESSIONS_LOG_LEVEL: 'warn',
    };
  }

  /** A new folder for a session to work in. */
  folder(name: string): string {
    const folder = join(this.directory, name);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** Does this when the place is closed, before what was deferred earlier. */
  defer(work: () => unknown): void {
    this.#deferred.push(work);
  }

  /** Starts the program with its three streams in our hands. */
  start({ args = [], env, nodeArgs = [], within = [], keepsOutput }: Start = {}): Program {
    const command = [...within, process.execPath, ...nodeArgs, MAIN, ...args];
    const program = new Program(command, { ...this.env, ...env }, keepsOutput);
    this.defer(() => program.stop('SIGKILL'));
    return program;
  }

  /** Starts the program over HTTP on a free port, and waits until it serves. */
  async startHttp(args: readonly string[] = [], start: Start = {}): Promise<HttpProgram> {
    const program = this.start({ ...start, args: ['http', '--port', '0', ...args] });
    const url = await program.servingUrl();
    const token = await readFile(join(this.stateDirectory, 'token'), 'utf8').catch(() => '');
    return Object.assign(program, { url, port: Number(new URL(url).port), token: token.trim() });
  }

  /** Has a client start the program as its configuration would. */
  async connect(kind: ClientKind, args: readonly string[] = []): Promise<SdkClient> {
    const client = await SdkClient.overStdio(kind, { ...commandOf(args), env: this.env });
    this.defer(() => client.close());
    return client;
  }

  /** Ends what runs here, and keeps the files. */
  async close(): Promise<void> {
    for (const work of this.#deferred.splice(0).reverse()) await work();
    // What a failed test left running would outlive it otherwise.
    for (const pid of await processesWith(this.scratch)) kill(Number(pid));
  }

  /** The same, and deletes the files. */
  async remove(): Promise<void> {
    await this.close();
    await this.#remove();
  }
}

/** A place with a stand-in for the API of the model, so that Claude Code can work. */
export class Workplace extends Place {
  readonly api: MessagesApi;

  constructor(isolated: IsolatedEnvironment, api: MessagesApi) {
    super(isolated);
    this.api = api;
    this.defer(() => api.close());
  }
}

export type HttpProgram = Program &
  HttpTarget & {
    /** Where it serves MCP. */
    readonly url: string;
    /** The token it made at its first start; empty if a token file or `--no-auth` was given. */
    readonly token: string;
  };

/** The program over stdio, with a wire to it. */
export class Server extends LineWire {
  readonly program: Program;

  constructor(place: Place, start: Start = {}) {
    const program = place.start(start);
    super(program.child.stdin, program.child.stdout, () => program.stderr());
    this.program = program;
  }
}

/** What a client's configuration holds to start the program itself. */
export function commandOf(args: readonly string[] = []): { command: string; args: string[] } {
  return { command: process.execPath, args: [MAIN, ...args] };
}

/**
 * Opens a place without a model.
 *
 * @param claude `silent`: starts and never says a word, so that one prompt runs and the next one waits; `missing`: no
 *   prompt can run
 */
export async function openPlace(claude: 'silent' | 'missing' = 'silent'): Promise<Place> {
  const isolated = await isolatedEnvironment('http://127.0.0.1:9');
  const path = join(isolated.directory, `${claude}-claude`);
  if (claude === 'silent') await writeFile(path, '#!/bin/sh\nexec sleep 600\n', { mode: 0o755 });
  const settings = { CLAUDE_SESSIONS_CLAUDE_PATH: path, CLAUDE_SESSIONS_MAX_LIVE: '1' };
  return new Place({ ...isolated, env: { ...isolated.env, ...settings } });
}

/** @param options of the stand-in */
export async function openWorkplace(
  options?: Parameters<typeof startMessagesApi>[0],
): Promise<Workplace> {
  const api = await startMessagesApi(options);
  return new Workplace(await isolatedEnvironment(api.url), api);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone by itself since the look.
  }
}
