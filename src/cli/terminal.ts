/** Where a command writes: in columns and colours for a person at a terminal, in neither for a program. */

import type { Environment, Settings } from '../config.ts';
import type { Inspection } from '../store/inspection.ts';
import { escapedJson, visible } from '../text.ts';
import type { Screen } from '../views/screen.ts';

/** Assumed if the width is unknown. */
const COLUMNS_DEFAULT = 80;
const COLUMNS_MIN = 40;

export type Terminal = Screen & {
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
    hasColours: stdout.isTTY && wantsColours(environment),
    now: Date.now,
    write: (text) =>
      new Promise((resolve, reject) => {
        stdout.write(text, (error) => (error ? reject(asClosed(error)) : resolve()));
      }),
    note: (line) => void stderr.write(`${visible(line)}\n`),
  };
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
