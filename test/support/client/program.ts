/** The built program as a process. Build it first. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..', '..');
export const MAIN = join(ROOT, 'dist', 'main.js');

export type Env = Readonly<Record<string, string>>;

export type Ended = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type Start = {
  readonly args?: readonly string[];
  /** Variables beside those of the place, or in their stead. */
  readonly env?: Env;
  /** Flags of Node itself. */
  readonly nodeArgs?: readonly string[];
  /** A command that runs the program given behind it, in place of itself. */
  readonly within?: readonly string[];
  /** False for an output that is large, or that nobody must read. */
  readonly keepsOutput?: boolean;
};

export class Program {
  readonly child: ChildProcessWithoutNullStreams;
  /** When it has ended and everything it wrote was read. */
  readonly ended: Promise<Ended>;
  readonly #written: Readonly<Record<'stdout' | 'stderr', Buffer[]>> = { stdout: [], stderr: [] };

  constructor(command: readonly string[], env: Env, keepsOutput = true, cwd?: string) {
    const [file = '', ...args] = command;
    this.child = spawn(file, args, { env: { ...env }, cwd });
    for (const name of keepsOutput ? (['stdout', 'stderr'] as const) : (['stderr'] as const)) {
      this.child[name].on('data', (chunk: Buffer) => this.#written[name].push(chunk));
    }
    // A program that has ended reads nothing more; its exit says so better than a broken pipe.
    this.child.stdin.on('error', () => {});
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      return { code, signal, stdout: this.stdout(), stderr: this.stderr() };
    });
  }

  get pid(): number {
    const { pid } = this.child;
    if (pid === undefined) throw new Error('the program was not started');
    return pid;
  }

  /** What it wrote so far. */
  readonly stdout = (): string => Buffer.concat(this.#written.stdout).toString();

  readonly stderr = (): string => Buffer.concat(this.#written.stderr).toString();

  /** The address at which it serves MCP over HTTP, once it does. */
  async servingUrl(): Promise<string> {
    for await (const _ of on(this.child.stderr, 'data', { close: ['end'] })) {
      const url = /serving MCP at (\S+)\n/.exec(this.stderr())?.[1];
      if (url !== undefined) return url;
    }
    throw new Error(`the program ended before it served: ${this.stderr()}`);
  }

  /** Ends its input, as a client leaves, and waits for its end. */
  async leave(): Promise<Ended> {
    this.child.stdin.end();
    return await this.ended;
  }

  /** Asks it to stop, and waits for its end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.child.kill(signal);
    return await this.ended;
  }
}
