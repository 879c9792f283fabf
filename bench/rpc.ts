/**
 * A child process that speaks JSON-RPC on its standard streams, and a client that costs as little as
 * can be: an answer is parsed only where somebody looks at it.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Writable } from 'node:stream';

export type Command = {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Where its standard error goes. */
  readonly log: string;
};

const LF = 0x0a;
/** Long enough for `"id":` and a number, at either end of a line. */
const ID_BYTES = 60;
const LOG_CHARS_SHOWN = 2000;

export class RpcProcess {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #stdin: Writable;
  readonly #closed: Promise<void>;
  readonly #waiting = new Map<number, Waiting>();
  readonly #command: Command;
  #rest: Buffer[] = [];
  #asked = 0;

  /** Starts Node with the arguments. */
  constructor(command: Command) {
    this.#command = command;
    const log = openSync(command.log, 'a');
    this.#child = spawn(process.execPath, [...command.args], {
      env: { ...command.env },
      stdio: ['pipe', 'pipe', log],
    });
    closeSync(log);
    this.pid = this.#child.pid ?? 0;
    this.#stdin = this.#child.stdin!;
    this.#stdin.on('error', () => {});
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#closed = once(this.#child, 'close').then(() => this.#refuseAll());
  }

  async initialize(): Promise<void> {
    await this.request('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'bench', version: '1.0.0' },
    });
    this.#send({ method: 'notifications/initialized' });
  }

  /** The line of the answer, which must not be an error. */
  async request(method: string, params: unknown): Promise<Buffer> {
    const id = this.#asked++;
    const answered = new Promise<Buffer>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
    this.#send({ id, method, params });
    const line = await answered;
    if (line.includes('"error":{"code":-') || line.includes('"isError":true')) {
      throw new Error(`${method} ${JSON.stringify(params)}: ${line}`);
    }
    return line;
  }

  /** Calls a tool and does not look at the answer. */
  call(name: string, args: unknown): Promise<Buffer> {
    return this.request('tools/call', { name, arguments: args });
  }

  /** Calls a tool; what it answered. */
  async ask<T>(name: string, args: unknown): Promise<T> {
    const line = await this.call(name, args);
    return (JSON.parse(line.toString()) as { result: { structuredContent: T } }).result
      .structuredContent;
  }

  /** Ends its input, and waits for its end. */
  async close(): Promise<void> {
    this.#stdin.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 15_000);
    await this.#closed;
    clearTimeout(timer);
  }

  #send(message: object): void {
    this.#stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  }

  #read(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      this.#heard(Buffer.concat([...this.#rest, chunk.subarray(start, end)]));
      this.#rest = [];
      start = end + 1;
    }
    if (start < chunk.length) this.#rest.push(chunk.subarray(start));
  }

  #heard(line: Buffer): void {
    const tail = line.subarray(-ID_BYTES).toString('latin1');
    const head = line.subarray(0, ID_BYTES).toString('latin1');
    const id = Number((/"id":(\d+)\}$/.exec(tail) ?? /"id":(\d+)/.exec(head))?.[1]);
    this.#waiting.get(id)?.resolve(line);
    this.#waiting.delete(id);
  }

  #refuseAll(): void {
    const log = readFileSync(this.#command.log, 'utf8').slice(-LOG_CHARS_SHOWN);
    const error = new Error(`${this.#command.args.join(' ')} ended: ${log}`);
    for (const { reject } of this.#waiting.values()) reject(error);
  }
}

type Waiting = {
  readonly resolve: (line: Buffer) => void;
  readonly reject: (error: Error) => void;
};
