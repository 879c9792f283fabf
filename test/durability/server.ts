/** The built program over stdio, started as a fault needs it: under another program, in another place. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import type { Failure } from '../../src/errors.ts';
import type { SessionView, ToolName } from '../support/mcp-client.ts';
import { ROOT } from '../support/program.ts';

const MAIN = join(ROOT, 'dist', 'main.js');

/** What one test owns; deleted after it. */
export type Place = {
  readonly scratch: string;
  readonly stateDirectory: string;
  /** A Claude Code that starts and never says a word: a prompt that runs there stays, the next one waits. */
  readonly silentClaude: string;
};

export function makePlace(): Place {
  const scratch = mkdtempSync(join(tmpdir(), 'durability-'));
  onTestFinished(() => rmSync(scratch, { recursive: true, force: true, maxRetries: 10 }));
  const silentClaude = join(scratch, 'claude');
  writeFileSync(silentClaude, '#!/bin/sh\nexec sleep 600\n');
  chmodSync(silentClaude, 0o755);
  mkdirSync(join(scratch, 'work'));
  return { scratch, stateDirectory: join(scratch, 'state'), silentClaude };
}

/** What a tool answered: its result, or its error. */
export type Answer = {
  readonly result?: Record<string, unknown>;
  readonly failure?: Failure;
};

export type Exit = { readonly code: number | null; readonly stderr: string };

export type StartOptions = {
  readonly args?: readonly string[];
  /** A command that runs the program given behind it, in place of itself. */
  readonly within?: readonly string[];
};

export class Server {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Exit>;
  readonly #answers = new Map<string, (message: Message) => void>();
  #asked = 0;
  #stderr = '';

  constructor(place: Place, { args = [], within = [] }: StartOptions = {}) {
    const [command = '', ...rest] = [...within, process.execPath, MAIN, ...args];
    this.child = spawn(command, rest, { env: environmentOf(place) });
    this.child.stdin.on('error', () => {});
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    createInterface(this.child.stdout).on('line', (line) => this.#heard(line));
    this.ended = once(this.child, 'close').then(([code]) => ({ code, stderr: this.#stderr }));
    onTestFinished(() => this.kill());
  }

  get stderr(): string {
    return this.#stderr;
  }

  get pid(): number {
    const { pid } = this.child;
    if (pid === undefined) throw new Error('the program was not started');
    return pid;
  }

  async initialize(): Promise<this> {
    await this.#request('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'durability', version: '1.0.0' },
    });
    this.#send({ method: 'notifications/initialized' });
    return this;
  }

  /** A call that must succeed; its result. */
  async call(tool: ToolName, args: Record<string, unknown> = {}): Promise<Result> {
    const { result, failure } = await this.ask(tool, args);
    if (result === undefined) throw new Error(`${tool} answered ${JSON.stringify(failure)}`);
    return result as Result;
  }

  /** A call that may fail. */
  async ask(tool: ToolName, args: Record<string, unknown> = {}): Promise<Answer> {
    const { result } = await this.#request('tools/call', { name: tool, arguments: args });
    if (!result?.isError) return { result: result?.structuredContent ?? {} };
    const [{ text } = { text: '' }] = result.content ?? [];
    return { failure: (JSON.parse(text) as { error: Failure }).error };
  }

  /** How many requests were sent; the next one has this number in its id (see {@link requestId}). */
  get asked(): number {
    return this.#asked;
  }

  async stop(): Promise<Exit> {
    this.child.stdin.end();
    return await this.ended;
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  async #request(method: string, params: unknown): Promise<Message> {
    const id = requestId(this.#asked++);
    const answered = new Promise<Message>((resolve) => this.#answers.set(id, resolve));
    this.#send({ id, method, params });
    const gone = this.ended.then(({ stderr }) => {
      throw new Error(`the program ended before it answered ${method}: ${stderr}`);
    });
    return await Promise.race([answered, gone]);
  }

  #send(message: Record<string, unknown>): void {
    this.child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  }

  #heard(line: string): void {
    const message = JSON.parse(line) as Message;
    const id = message.id ?? '';
    this.#answers.get(id)?.(message);
    this.#answers.delete(id);
  }
}

/** Unlike anything else in a message, so that a trace of system calls can be searched for it. */
export function requestId(index: number): string {
  return `request-${index}.`;
}

type Message = {
  readonly id?: string;
  readonly result?: {
    readonly isError?: boolean;
    readonly structuredContent?: Record<string, unknown>;
    readonly content?: readonly { readonly text: string }[];
  };
};

type Result = Record<string, unknown> & {
  readonly session: SessionView;
  readonly sessions: readonly SessionView[];
  readonly turn?: { readonly id: string };
  readonly nextCursor?: string;
};

/** Nothing of ours but what a process needs: no key, no Claude Code of the user. */
function environmentOf({ scratch, stateDirectory, silentClaude }: Place): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
    HOME: scratch,
    CLAUDE_CONFIG_DIR: join(scratch, 'config'),
    DISABLE_TELEMETRY: '1',
    DISABLE_AUTOUPDATER: '1',
    ANTHROPIC_API_KEY: 'sk-ant-test-key',
    ANTHROPIC_BASE_URL: 'http://127.0.0.1:9',
    CLAUDE_SESSIONS_STATE_DIR: stateDirectory,
    CLAUDE_SESSIONS_ROOT: join(scratch, 'work'),
    CLAUDE_SESSIONS_CLAUDE_PATH: silentClaude,
    CLAUDE_SESSIONS_MAX_LIVE: '1',
    CLAUDE_SESSIONS_LOG_LEVEL: 'warn',
  };
}
