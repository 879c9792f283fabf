/**
 * MCP's lines on two streams. The SDK's own transport does not answer what is not a message, closes at a line that is too
 * long, and buffers without bound what nobody reads. This one answers, continues, and stops reading.
 */

import type { Readable, Writable } from 'node:stream';
import {
  INVALID_REQUEST,
  type JSONRPCMessage,
  type JSONRPCRequest,
  type RequestId,
  type Transport,
} from '@modelcontextprotocol/server';
import {
  MESSAGE_BYTES_MAX,
  STDIO_BEHIND_BYTES_MAX,
  STDIO_REQUESTS_MAX,
} from '../../connection-limits.ts';
import {
  asMessage,
  BadMessage,
  CANCELLED,
  isNotification,
  isRequest,
  isResponse,
  jsonOf,
  LISTEN,
  limitReply,
  readObject,
} from '../message.ts';
import { type Line, LineSplitter } from './lines.ts';

/** What a waiting line costs in addition to its bytes. */
const LINE_COST = 256;

export class StdioTransport implements Transport {
  onmessage?: NonNullable<Transport['onmessage']>;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  /** Resolves when nothing more is read: at the end of the input, after `endInput`, or when the client has gone. */
  readonly inputEnded: Promise<void>;
  /** Resolves when the input has ended and everything that was read was answered, or when the client has gone. */
  readonly answered: Promise<void>;
  readonly #stdin: Readable;
  readonly #stdout: Writable;
  readonly #splitter = new LineSplitter(MESSAGE_BYTES_MAX);
  /** Lines that were read and wait until the client reads. */
  #waiting: Line[] = [];
  #waitingBytes = 0;
  /** Requests without an answer, with their methods. */
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
    // Both streams outlive the connection: an error after its end must not end the program.
    this.#stdin.on('error', (error) => this.onerror?.(error));
    this.#stdout.on('error', (error) => {
      this.onerror?.(error);
      this.close().catch((failed: Error) => this.onerror?.(failed));
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
      // The client can ask for what it misses here; answers and questions are sent once.
      return;
    }
    this.#write(message);
    this.#noteAnswered();
  }

  /** Stops reading. What was read is still served. */
  endInput(): void {
    if (this.#phase !== 'open') return;
    this.#phase = 'ending';
    this.#stdin.off('data', this.#read).pause();
    // The last line may have no line feed.
    this.#waiting.push(...this.#splitter.end());
    this.#inputEnded.resolve();
    this.#take();
  }

  /** Resolves when the client has read everything that was written, or has gone. */
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

  // Reads on for a while even if the client does not read, to see the end of the input.
  readonly #read = (chunk: Buffer): void => {
    for (const line of this.#splitter.push(chunk)) {
      this.#waiting.push(line);
      this.#waitingBytes += LINE_COST + line.length;
    }
    this.#take();
    if (this.#waitingBytes > MESSAGE_BYTES_MAX) this.#stdin.pause();
  };

  /** Handles lines while the client reads the answers. */
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
      this.#write({ jsonrpc: '2.0', id, error: { code, message } });
    }
  }

  #deliver(message: JSONRPCMessage): void {
    if (isRequest(message) && !this.#begin(message)) return;
    this.onmessage?.(message);
    if (isNotification(message) && message.method === CANCELLED) {
      // It gets no answer.
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
      const problem = `${STDIO_REQUESTS_MAX} running requests`;
      this.#write(limitReply(request, problem, 'retry when one of them was answered.'));
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
    this.#stdout.write(`${jsonOf(message)}\n`);
  }
}

/** Undefined for an empty line. */
function messageOf(line: Line): JSONRPCMessage | undefined {
  if (line === 'too long') {
    const problem = `a message must not exceed ${MESSAGE_BYTES_MAX} bytes`;
    throw new BadMessage(INVALID_REQUEST, problem);
  }
  return isBlank(line) ? undefined : asMessage(readObject(line));
}

function isBlank(line: Buffer): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x0d || byte === 0x09);
}
