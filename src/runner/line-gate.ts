/**
 * Stands between Claude Code's standard output and the Agent SDK, which would gather a line of any length and skip
 * what it cannot read. What passes are whole lines that hold a message each.
 */

import { Transform, type TransformCallback } from 'node:stream';
import type { Failure } from '../errors.ts';
import { STREAM_LINE_BYTES_MAX } from '../limits.ts';

const NEWLINE = 0x0a;
const BRACE = 0x7b;
/** Maximum length of a line that is parsed here. A longer one counts as a message if it begins with a brace. */
const PARSED_BYTES_MAX = 1024 * 1024;

const TOO_LONG: Failure = {
  code: 'LIMIT_EXCEEDED',
  message: `Claude Code wrote a line of more than ${STREAM_LINE_BYTES_MAX} bytes (STREAM_LINE_BYTES_MAX) and was stopped`,
  retryable: false,
  hint: 'Ask for less at once: one file or image that large is more than the model takes.',
};

const NO_MESSAGE: Failure = {
  code: 'UNAVAILABLE',
  message: 'Claude Code wrote a line that is no message of its protocol and was stopped',
  retryable: true,
  hint: 'Send the prompt again; if it happens again, try the same Claude Code in a terminal.',
};

export type LineGateOptions = {
  /** Undefined while the reader keeps up; otherwise nothing more passes until it resolves. */
  readonly room: () => Promise<void> | undefined;
  /** A line of plain text, such as a wrapper script prints, has been left out. */
  readonly skipped: (bytes: number) => void;
  /** Nothing can be understood or kept from here on; called once, and nothing passes afterwards. */
  readonly broken: (failure: Failure) => void;
};

export class LineGate extends Transform {
  readonly #options: LineGateOptions;
  /** The pieces of the line that has not ended yet. */
  #parts: Buffer[] = [];
  #bytes = 0;
  #isBroken = false;

  constructor(options: LineGateOptions) {
    super();
    this.#options = options;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      this.#gather(chunk.subarray(from, end + 1));
      this.#pass();
      from = end + 1;
    }
    if (from < chunk.length) this.#gather(chunk.subarray(from));
    const room = this.#isBroken ? undefined : this.#options.room();
    if (room === undefined) done();
    else void room.then(() => done());
  }

  /** What is left without an end was cut off by the end of the process, which says enough. */
  override _flush(done: TransformCallback): void {
    this.#parts = [];
    done();
  }

  #gather(part: Buffer): void {
    if (this.#isBroken) return;
    this.#bytes += part.length;
    if (this.#bytes > STREAM_LINE_BYTES_MAX) this.#break(TOO_LONG);
    else this.#parts.push(part);
  }

  #pass(): void {
    if (this.#isBroken) return;
    const line = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    if (line === undefined) return;
    const kind = kindOf(line);
    if (kind === 'message') this.push(line);
    else if (kind === 'text') this.#options.skipped(line.length);
    else this.#break(NO_MESSAGE);
  }

  #break(failure: Failure): void {
    this.#isBroken = true;
    this.#parts = [];
    this.#options.broken(failure);
  }
}

/** Text is harmless; JSON that is no object, and half an object, mean that messages have been lost. */
function kindOf(line: Buffer): 'message' | 'text' | 'nonsense' {
  const opens = line[0] === BRACE;
  if (line.length > PARSED_BYTES_MAX) return opens ? 'message' : 'text';
  try {
    const value: unknown = JSON.parse(line.toString());
    return opens && typeof value === 'object' ? 'message' : 'nonsense';
  } catch {
    return opens ? 'nonsense' : 'text';
  }
}
