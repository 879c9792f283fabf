/** The server processes of a run, each with a real MCP client, and the faults that are done to them. */

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { ServerOptions } from './server.ts';

const SERVER = join(import.meta.dirname, 'server.ts');
const CALL_MS_MAX = 60_000;
const RESTART_MS = 100;
const READY_POLL_MS = 10;

export type ToolFailure = { readonly code: string; readonly message: string };

/** What a tool answered; a call that got no answer rejects. */
export type Answer =
  | { readonly ok: true; readonly data: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly failure: ToolFailure };

/** A server process and its client. */
export class Connected {
  readonly pid: number;
  /** When the process is gone. */
  readonly closed: Promise<void>;
  isClosed = false;
  isKilled = false;
  isStopped = false;
  readonly #client: Client;

  constructor(client: Client, pid: number, closed: Promise<void>) {
    this.#client = client;
    this.pid = pid;
    this.closed = closed.then(() => {
      this.isClosed = true;
    });
  }

  async call(name: string, args: Record<string, unknown> = {}): Promise<Answer> {
    const request = { name, arguments: args };
    const result = await this.#client.callTool(request, { timeout: CALL_MS_MAX });
    if (result.isError !== true) {
      return { ok: true, data: result.structuredContent as Readonly<Record<string, unknown>> };
    }
    const [content] = result.content;
    const text = content?.type === 'text' ? content.text : '{}';
    return { ok: false, failure: JSON.parse(text).error };
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.isClosed) process.kill(this.pid, signal);
  }

  /** As a client leaves: end of input. */
  async leave(): Promise<void> {
    await this.#client.close();
    await this.closed;
  }
}

/** Starts a server and connects to it. */
export async function connect(options: ServerOptions): Promise<Connected> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [SERVER, JSON.stringify(options)],
    stderr: 'inherit',
  });
  const gone = Promise.withResolvers<void>();
  const client = new Client({ name: 'chaos', version: '1.0.0' });
  client.onclose = () => gone.resolve();
  await client.connect(transport);
  return new Connected(client, transport.pid ?? 0, gone.promise);
}

export type Fault = { readonly pid: number; readonly at: number };

/** `until` is missing where the process was killed while it stood still. */
export type Stop = Fault & { until?: number };

/** One place of the fleet: whenever its server dies, another is started. */
export class Slot {
  readonly kills: Fault[] = [];
  readonly stops: Stop[] = [];
  /** Servers that ended though nobody killed them. */
  crashes = 0;
  server: Connected | undefined;
  readonly #options: ServerOptions;
  readonly #keeping: Promise<void>;
  #isLeaving = false;
  #resume: NodeJS.Timeout | undefined;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#keeping = this.#keep();
  }

  /** The server, as soon as one is there; undefined once the slot is closed. */
  async up(): Promise<Connected | undefined> {
    while (this.server === undefined && !this.#isLeaving) await sleep(READY_POLL_MS);
    return this.server;
  }

  kill(): void {
    const { server } = this;
    if (server === undefined) return;
    server.isKilled = true;
    server.signal('SIGKILL');
    this.kills.push({ pid: server.pid, at: Date.now() });
  }

  /** Stops the process for a while; does nothing where it is stopped already. */
  stop(ms: number): void {
    const { server } = this;
    if (server === undefined || server.isStopped) return;
    server.isStopped = true;
    server.signal('SIGSTOP');
    this.stops.push({ pid: server.pid, at: Date.now() });
    this.#resume = setTimeout(() => this.resume(), ms);
  }

  resume(): void {
    clearTimeout(this.#resume);
    const { server } = this;
    if (!server?.isStopped) return;
    server.isStopped = false;
    const stop = this.stops.findLast(({ pid }) => pid === server.pid);
    if (stop !== undefined) stop.until = Date.now();
    server.signal('SIGCONT');
  }

  async close(): Promise<void> {
    this.#isLeaving = true;
    this.resume();
    await this.server?.leave();
    await this.#keeping;
  }

  async #keep(): Promise<void> {
    while (!this.#isLeaving) {
      try {
        const server = await connect(this.#options);
        this.server = server;
        await server.closed;
        if (!server.isKilled && !this.#isLeaving) this.crashes += 1;
      } catch {
        this.crashes += 1;
      }
      clearTimeout(this.#resume);
      this.server = undefined;
      if (!this.#isLeaving) await sleep(RESTART_MS);
    }
  }
}
