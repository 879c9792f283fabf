/**
 * MCP's lines on two streams. The SDK's own transport gives no answer to what is no message, ends with a line that is
 * too long, and keeps without bound what nobody reads; this one answers, goes on, and holds back.
 */

import type { Readable, Writable } from 'node:stream';
import type {
  JSONRPCMessage,
  JSONRPCRequest,
  RequestId,
  Transport,
} from '@modelcontextprotocol/server';
import { MESSAGE_BYTES_MAX, STDIO_BEHIND_BYTES_MAX, STDIO_REQUESTS_MAX } from '../limits.ts';
import { limitReply } from './limit-reply.ts';
import { type Line, LineSplitter } from './line-splitter.ts';
import {
  asMessage,
  BadMessage,
  INVALID_REQUEST,
  isNotification,
  isRequest,
  isResponse,
  LISTEN,
  readObject,
} from './message.ts';

const CANCELLED = 'notifications/cancelled';

/** What a waiting line costs beside its bytes. */
const LINE_COST = 256;

export class StdioTransport implements Transport {
  onmessage?: NonNullable<Transport['onmessage']>;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  /** Resolves when nothing more is read: at the end of the input, after `endInput`, or when the client is gone. */
  readonly inputEnded: Promise<void>;
  /** Resolves when the input has ended and everything that was read is answered, or when the client is gone. */
  readonly answered: Promise<void>;
  readonly #stdin: Readable;
  readonly #stdout: Writable;
  readonly #splitter = new LineSplitter(MESSAGE_BYTES_MAX);
  /** Lines that were read and wait for the client to read in its turn. */
  #waiting: Line[] = [];
  #waitingBytes = 0;
  /** Requests that have no answer yet, with their methods. */
  readonly #unanswered = new Map<RequestId, string>();
  #phase: 'open' | 'ending' | 'closed' = 'open';
  readonly #inputEnded = Promise.withResolvers<void>();
  readonly #answered = Promise.withResolvers<void>();

  constructor(stdin: Readable, stdout: Writable) {
    this.#stdin = stdin;
    this.#stdout = stdout;
    this.inputEnded = this.#inputEnded.promise;
    this.answered = this.#answered.promise;
  }

  async start(): Promise<void> {
    // Both outlive the connection: what goes wrong after its end must not end the program.
    this.#stdin.on('error', (error) => this.onerror?.(error));
    this.#stdout.on('error', (error) => {
      this.onerror?.(error);
      void this.close();
    });
    const end = () => this.endInput();
    if (this.#stdin.readableEnded || this.#stdin.destroyed) setImmediate(end);
    this.#stdin.on('data', this.#read).once('end', end).once('close', end);
    this.#stdout.on('drain', this.#take);
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if (this.#phase === 'closed') throw new Error('the connection is closed');
    if (isResponse(message)) {
      if (message.id !== undefined) this.#unanswered.delete(message.id);
    } else if (isNotification(message) && this.#stdout.writableLength > STDIO_BEHIND_BYTES_MAX) {
      // News can be had again by asking; answers and questions cannot.
      return;
    }
    this.#write(message);
    this.#noteAnswered();
  }

  /** Reads no more; what was read before is still served. */
  endInput(): void {
    if (this.#phase !== 'open') return;
    this.#phase = 'ending';
    this.#stdin.off('data', this.#read).pause();
    // The last line may lack its line feed.
    this.#waiting.push(...this.#splitter.end());
    this.#inputEnded.resolve();
    this.#take();
  }

  /** Resolves once the client has taken all that was written, or is gone. */
  flushed(): Promise<void> {
    return new Promise((resolve) => this.#stdout.write('', () => resolve()));
  }

  async close(): Promise<void> {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    this.#stdin.off('data', this.#read).pause();
    this.#stdout.off('drain', this.#take);
    this.#waiting = [];
    try {
      this.onclose?.();
    } finally {
      this.#inputEnded.resolve();
      this.#answered.resolve();
    }
  }

  // Read on for a while even where nothing is taken: the end of the input is to be seen.
  readonly #read = (chunk: Buffer): void => {
    for (const line of this.#splitter.push(chunk)) {
      this.#waiting.push(line);
      this.#waitingBytes += LINE_COST + line.length;
    }
    this.#take();
    if (this.#waitingBytes > MESSAGE_BYTES_MAX) this.#stdin.pause();
  };

  /** Takes lines as long as the client reads the answers. */
  readonly #take = (): void => {
    let taken = 0;
    for (const line of this.#waiting) {
      if (this.#phase === 'closed' || this.#stdout.writableNeedDrain) break;
      taken += 1;
      this.#waitingBytes -= LINE_COST + line.length;
      this.#handle(line);
    }
    this.#waiting.splice(0, taken);
    if (this.#phase === 'open' && this.#waitingBytes <= MESSAGE_BYTES_MAX) this.#stdin.resume();
    this.#noteAnswered();
  };

  #handle(line: Line): void {
    try {
      const message = messageOf(line);
      if (message !== undefined) this.#deliver(message);
    } catch (error) {
      if (!(error instanceof BadMessage)) throw error;
      this.onerror?.(error);
      const { code, message, id } = error;
      const isIdKnown = id !== undefined;
      this.#write({ jsonrpc: '2.0', ...(isIdKnown && { id }), error: { code, message } });
    }
  }

  #deliver(message: JSONRPCMessage): void {
    if (isRequest(message) && !this.#begin(message)) return;
    this.onmessage?.(message);
    if (isNotification(message) && message.method === CANCELLED) {
      // Gets no answer any more.
      this.#unanswered.delete(message.params?.requestId as RequestId);
    }
  }

  /** Whether the request may run. */
  #begin(request: JSONRPCRequest): boolean {
    const { id } = request;
    if (this.#unanswered.has(id)) {
      throw new BadMessage(INVALID_REQUEST, 'a request with this id is still running', id);
    }
    if (this.#unanswered.size >= STDIO_REQUESTS_MAX) {
      const problem = `${STDIO_REQUESTS_MAX} requests are under way, the most of one client`;
      this.#write(limitReply(request, problem, 'retry when one of them is answered.'));
      return false;
    }
    this.#unanswered.set(id, request.method);
    return true;
  }

  #noteAnswered(): void {
    if (this.#phase !== 'ending' || this.#waiting.length > 0) return;
    if ([...this.#unanswered.values()].every((method) => method === LISTEN)) {
      this.#answered.resolve();
    }
  }

  #write(message: JSONRPCMessage): void {
    this.#stdout.write(`${JSON.stringify(message)}\n`);
  }
}

/** Undefined for an empty line. */
function messageOf(line: Line): JSONRPCMessage | undefined {
  if (line === 'too long') {
    const problem = `a message must not be larger than ${MESSAGE_BYTES_MAX} bytes`;
    throw new BadMessage(INVALID_REQUEST, problem);
  }
  return isBlank(line) ? undefined : asMessage(readObject(line));
}

function isBlank(line: Buffer): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x0d || byte === 0x09);
}
