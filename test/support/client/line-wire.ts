/** JSON-RPC by hand, a message a line on two streams; and any bytes, for a server that must bear them. */

import type { Readable, Writable } from 'node:stream';
import { INITIALIZE } from './messages.ts';
import { type Args, type ToolAnswer, ToolClient } from './tools.ts';

export type Message = {
  readonly jsonrpc?: string;
  readonly id?: unknown;
  readonly method?: string;
  readonly result?: object;
  readonly error?: { readonly code: number; readonly message: string };
};

const LF = 0x0a;
/** Most servers end a line with its id, so that it is found without reading the rest. */
const LAST_ID = /"id":(\d+|"[^"\\]*")\}$/;
const LAST_ID_BYTES_MAX = 60;

export class LineWire extends ToolClient {
  /** Hears every line, also those that answer nothing. */
  onLine: (line: Buffer) => void = () => {};
  readonly #stdin: Writable;
  readonly #stdout: Readable;
  readonly #about: () => string;
  readonly #waiting = new Map<unknown, PromiseWithResolvers<Buffer>>();
  #rest: Buffer[] = [];
  #asked = 0;

  /** @param about what to say of a server that ended before it answered */
  constructor(stdin: Writable, stdout: Readable, about: () => string = () => '') {
    super();
    this.#stdin = stdin.on('error', () => {});
    this.#stdout = stdout;
    this.#about = about;
    stdout.on('data', (chunk: Buffer) => this.#read(chunk));
    stdout.once('close', () => {
      for (const { reject } of this.#waiting.values()) reject(this.#ended());
    });
  }

  async initialize(): Promise<this> {
    const { error } = await this.request('initialize', INITIALIZE.params);
    if (error !== undefined) throw new Error(`initialize was refused: ${error.message}`);
    this.write({ jsonrpc: '2.0', method: 'notifications/initialized' });
    return this;
  }

  /** Sends messages as they are; whatever answers them is seen by {@link onLine}. */
  write(...messages: readonly object[]): void {
    this.#stdin.write(messages.map((message) => `${JSON.stringify(message)}\n`).join(''));
  }

  /** Sends a request; its answer, which may be an error. */
  async request(method: string, params: unknown): Promise<Message> {
    return JSON.parse((await this.exchange(method, params)).toString()) as Message;
  }

  /** The same; the line of the answer, which nobody has parsed. */
  async exchange(method: string, params: unknown): Promise<Buffer> {
    if (this.#stdout.closed) throw this.#ended();
    const id = this.nextId;
    this.#asked += 1;
    const answered = Promise.withResolvers<Buffer>();
    this.#waiting.set(id, answered);
    this.write({ jsonrpc: '2.0', id, method, params });
    return await answered.promise;
  }

  /** Of the next request. Unlike anything else in a message, so that a trace of system calls can be searched for it. */
  get nextId(): string {
    return `request-${this.#asked}.`;
  }

  override async raw(name: string, args: Args = {}): Promise<ToolAnswer> {
    const { result, error } = await this.request('tools/call', { name, arguments: args });
    if (error !== undefined) throw new Error(`${name}: ${error.code} ${error.message}`);
    return result as ToolAnswer;
  }

  #ended(): Error {
    return new Error(`the server ended before it answered: ${this.#about()}`);
  }

  #read(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      const line = Buffer.concat([...this.#rest, chunk.subarray(start, end)]);
      this.#rest = [];
      start = end + 1;
      this.onLine(line);
      this.#answer(line);
    }
    if (start < chunk.length) this.#rest.push(chunk.subarray(start));
  }

  #answer(line: Buffer): void {
    if (this.#waiting.size === 0) return;
    const id = idOf(line);
    this.#waiting.get(id)?.resolve(line);
    this.#waiting.delete(id);
  }
}

function idOf(line: Buffer): unknown {
  const tail = line.subarray(-LAST_ID_BYTES_MAX).toString('latin1');
  const last = LAST_ID.exec(tail)?.[1];
  if (last !== undefined) return JSON.parse(last);
  try {
    return (JSON.parse(line.toString()) as Message).id;
  } catch {
    // No message: whoever must know listens to the lines.
    return undefined;
  }
}
