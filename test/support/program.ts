/** The built program, started for a test: over standard input and output, or over HTTP. Build it first. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { processesWith } from '../demo/processes.ts';
import { isolatedEnvironment } from './claude-env.ts';
import { type MessagesApi, startMessagesApi } from './messages-api.ts';

export const ROOT = join(import.meta.dirname, '..', '..');
const MAIN = join(ROOT, 'dist', 'main.js');

/** What one test owns: deleted, and its stand-in stopped, after everything that the test started later. */
export type Workplace = {
  readonly api: MessagesApi;
  /** The only root: sessions work here. A real path. */
  readonly directory: string;
  /** Does not exist before the program makes it. */
  readonly stateDirectory: string;
  /** For files of the test itself; no root of the program. */
  readonly scratch: string;
  /** The program's complete environment: a Claude Code that touches nothing else, and our settings. */
  readonly env: Readonly<Record<string, string>>;
};

export async function makeWorkplace(): Promise<Workplace> {
  const api = await startMessagesApi();
  onTestFinished(() => api.close());
  const isolated = await isolatedEnvironment(api.url);
  onTestFinished(() => isolated.remove());
  const scratch = await realpath(isolated.directory);
  // What a failed test left running would outlive it otherwise.
  onTestFinished(() => killWith(scratch));
  const directory = join(scratch, 'work');
  await mkdir(directory);
  const stateDirectory = join(scratch, 'state');
  const env = {
    ...isolated.env,
    CLAUDE_SESSIONS_STATE_DIR: stateDirectory,
    CLAUDE_SESSIONS_ROOT: directory,
    CLAUDE_SESSIONS_LOG_LEVEL: 'warn',
  };
  return { api, directory, stateDirectory, scratch, env };
}

async function killWith(text: string): Promise<void> {
  for (const pid of await processesWith(text)) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // Gone by itself since the look.
    }
  }
}

export type Ended = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type Program = {
  readonly child: ChildProcessWithoutNullStreams;
  /** When it has ended and everything it wrote was read. */
  readonly ended: Promise<Ended>;
  /** What it wrote so far. */
  stdout(): string;
  stderr(): string;
};

export type Start = {
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Flags of Node itself. */
  readonly nodeArgs?: readonly string[];
};

/** Starts the program with its three streams in our hands; it is killed after the test if it still runs. */
export function startProgram(start: Start): Program {
  return run(process.execPath, [...(start.nodeArgs ?? []), MAIN, ...(start.args ?? [])], start.env);
}

/** The same with a umask that takes nothing away, so that each file shows the mode it was given. */
export function startWithOpenUmask({ args = [], env }: Start): Program {
  const line = 'umask 0 && exec "$0" "$@"';
  return run('/bin/sh', ['-c', line, process.execPath, MAIN, ...args], env);
}

/**
 * A program in the place of Claude Code that misbehaves as its prompts say (`test/runner/programs/scripted-claude.ts`),
 * as a file for `--claude-path`.
 *
 * @param atStart what it does wrong before anybody has said a word
 */
export async function makeScriptedClaude(directory: string, atStart = ''): Promise<string> {
  const path = join(directory, `claude-${atStart || 'scripted'}`);
  const program = join(ROOT, 'test', 'runner', 'programs', 'scripted-claude.ts');
  const line = `exec ${process.execPath} ${program} "${atStart}" "$@"`;
  await writeFile(path, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  return path;
}

/** What a client's configuration holds to start the program itself. */
export function commandOf(args: readonly string[] = []): { command: string; args: string[] } {
  return { command: process.execPath, args: [MAIN, ...args] };
}

function run(command: string, args: readonly string[], env: Start['env']): Program {
  const child = spawn(command, args, { env: { ...env } });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      texts[name] += chunk;
    });
  }
  // A program that has ended reads nothing more; its exit says so better than a broken pipe.
  child.stdin.on('error', () => {});
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, ...texts }));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { child, ended, stdout: () => texts.stdout, stderr: () => texts.stderr };
}

export type HttpProgram = Program & {
  /** Where it serves MCP. */
  readonly url: string;
  /** The token it made at its first start; empty where a token file or `--no-auth` was given. */
  readonly token: string;
};

/** Starts the program on a free port and waits until it serves. */
export async function startHttp(
  place: Workplace,
  args: readonly string[] = [],
): Promise<HttpProgram> {
  const program = startProgram({ args: ['http', '--port', '0', ...args], env: place.env });
  const url = await servingUrl(program);
  const token = await readFile(join(place.stateDirectory, 'token'), 'utf8').catch(() => '');
  return { ...program, url, token: token.trim() };
}

async function servingUrl({ child, stderr }: Program): Promise<string> {
  for await (const _ of on(child.stderr, 'data', { close: ['end'] })) {
    const url = /serving MCP at (\S+)\n/.exec(stderr())?.[1];
    if (url !== undefined) return url;
  }
  throw new Error(`the program ended before it served: ${stderr()}`);
}

/** Asks the program to stop and waits for it. */
export async function stop(program: Program, signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
  program.child.kill(signal);
  return await program.ended;
}
