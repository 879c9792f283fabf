/**
 * A filter between Claude Code's standard output and the Agent SDK, which would buffer a line of any length and skip
 * what it cannot parse. Only whole lines with one message each pass.
 */

import { Transform, type TransformCallback } from 'node:stream';
import type { Failure } from '../errors.ts';
import { STREAM_LINE_BYTES_MAX } from '../process-limits.ts';
import { limitExceeded, unavailableNow } from './failure.ts';

const NEWLINE = 0x0a;
const BRACE = 0x7b;
/** Maximum length of a line that is parsed here. A longer one counts as a message if it begins with a brace. */
const PARSED_BYTES_MAX = 1024 * 1024;

const TOO_LONG = limitExceeded(
  `Claude Code wrote a line of more than ${STREAM_LINE_BYTES_MAX} bytes (STREAM_LINE_BYTES_MAX) and was stopped`,
  'ask for less at once: a file or image this large is more than the model accepts.',
);

const NO_MESSAGE = unavailableNow(
  'Claude Code wrote a line that is no message of its protocol and was stopped',
  'send the prompt again; if it happens again, try the same Claude Code in a terminal.',
);

export type LineGateOptions = {
  /** Undefined while the reader keeps up. Otherwise nothing more passes until it resolves. */
  readonly room: () => Promise<void> | undefined;
  /** Called for a line of plain text that was skipped, such as a wrapper script prints. */
  readonly skipped: (bytes: number) => void;
  /** Called once, when the output cannot be understood any more. Nothing passes afterwards. */
  readonly broken: (failure: Failure) => void;
};

export class LineGate extends Transform {
  readonly #options: LineGateOptions;
  /** The pieces of the current line. */
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
    else room.then(() => done(), done);
  }

  /** An incomplete last line was cut off by the end of the process. It is dropped. */
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

/** Text is harmless. JSON that is not an object, or an incomplete object, means that messages were lost. */
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
