/** Where a command reads and writes: in columns and colours for a person at a terminal, in neither for a program. */

import { createInterface } from 'node:readline';
import type { Environment, Settings } from '../config.ts';
import { SessionError } from '../errors.ts';
import type { Inspection } from '../store/inspection.ts';
import { escapedJson, visible } from '../text.ts';
import type { Screen } from '../views/screen.ts';
import { type FullScreen, openFullScreen } from './full-screen.ts';

/** Assumed if the width is unknown. */
const COLUMNS_DEFAULT = 80;
const COLUMNS_MIN = 40;

export type Terminal = Screen & {
  /** Undefined if lines that were written cannot be replaced. */
  readonly rows: number | undefined;
  /** Epoch milliseconds. */
  now(): number;
  /**
   * Resolves once the text has been written.
   *
   * @throws OutputClosed if nobody reads any more
   */
  write(text: string): Promise<void>;
  /** Writes a line for the person to standard error. */
  note(line: string): void;
  readonly input: TerminalInput;
  /** Takes the whole screen, if it has rows. */
  fullScreen(): FullScreen;
};

/** Standard input. */
export type TerminalInput = {
  /** Whether a person can be asked. */
  readonly isTerminal: boolean;
  /** Shows a question on standard error; resolves with the next line, or undefined at the end of the input. */
  line(question: string): Promise<string | undefined>;
  /**
   * All that is left of it.
   *
   * @throws SessionError INVALID_REQUEST if it is larger
   */
  all(bytesMax: number): Promise<string>;
};

/** What a command works with. */
export type CommandContext = {
  readonly settings: Settings;
  readonly terminal: Terminal;
  /** Undefined if there is no state yet. */
  readonly inspection: Inspection | undefined;
};

/** The reader of the output is gone, like `head` after its last line: there is nothing left to do. */
export class OutputClosed extends Error {}

export function processTerminal(environment: Environment): Terminal {
  const { stdout, stderr } = process;
  // Every write reports its own error.
  stdout.on('error', () => {});
  stderr.on('error', () => {});
  return {
    get columns() {
      if (!stdout.isTTY) return undefined;
      return Math.max(COLUMNS_MIN, stdout.columns || COLUMNS_DEFAULT);
    },
    get rows() {
      const isWide = stdout.isTTY && stdout.columns >= COLUMNS_MIN;
      return isWide && environment.TERM !== 'dumb' ? stdout.rows || undefined : undefined;
    },
    hasColours: stdout.isTTY && wantsColours(environment),
    now: Date.now,
    write: (text) =>
      new Promise((resolve, reject) => {
        stdout.write(text, (error) => (error ? reject(asClosed(error)) : resolve()));
      }),
    note: (line) => void stderr.write(`${visible(line)}\n`),
    input: processInput(),
    fullScreen: () => openFullScreen(process),
  };
}

function processInput(): TerminalInput {
  const { stdin, stderr } = process;
  let lines: AsyncIterator<string> | undefined;
  return {
    isTerminal: stdin.isTTY && stderr.isTTY,
    line: async (question) => {
      stderr.write(visible(question));
      // The terminal edits the line: Ctrl-C ends the program, as always.
      lines ??= createInterface({ input: stdin, terminal: false })[Symbol.asyncIterator]();
      const next = await lines.next();
      return next.done ? undefined : next.value;
    },
    all: async (bytesMax) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      for await (const chunk of stdin) {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > bytesMax) throw tooLong(bytesMax);
      }
      return Buffer.concat(chunks).toString('utf8');
    },
  };
}

function tooLong(bytesMax: number): SessionError {
  return new SessionError(
    'INVALID_REQUEST',
    `standard input: expected at most ${bytesMax} bytes, got more`,
    { hint: 'write it to a file and name the file in the prompt.' },
  );
}

/** See https://no-color.org: any value but the empty one counts. */
export function wantsColours({ NO_COLOR, TERM }: Environment): boolean {
  return (NO_COLOR === undefined || NO_COLOR === '') && TERM !== 'dumb';
}

export async function writeJson(terminal: Terminal, value: unknown): Promise<void> {
  await terminal.write(jsonLine(value));
}

/** One line of JSON, harmless even if it is written to a terminal. */
export function jsonLine(value: unknown): string {
  return `${escapedJson(JSON.stringify(value))}\n`;
}

function asClosed(error: Error): Error {
  return 'code' in error && error.code === 'EPIPE' ? new OutputClosed() : error;
}
