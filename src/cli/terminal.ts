/** Where a command writes: columns and colours for a person at a terminal, neither for a program behind a pipe. */

import { styleText } from 'node:util';
import type { Environment } from '../config.ts';
import { escapedJson, visible } from '../text.ts';

/** What a terminal of unknown width is taken for. */
const COLUMNS_DEFAULT = 80;
const COLUMNS_MIN = 40;

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

export type Terminal = {
  /** Undefined where the output goes to a program or a file. */
  readonly columns: number | undefined;
  readonly hasColours: boolean;
  /** Epoch milliseconds. */
  now(): number;
  /** Resolves once it is taken. Throws {@link OutputClosed} where nobody reads on. */
  write(text: string): Promise<void>;
  /** A line beside the output, for the person. */
  note(line: string): void;
};

/** The reader of the output has gone, as `head` does: nothing is left to do. */
export class OutputClosed extends Error {}

export function processTerminal(environment: Environment): Terminal {
  const { stdout, stderr } = process;
  // Each write hears of it by itself.
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
        stdout.write(text, (error) => (error ? reject(closedOr(error)) : resolve()));
      }),
    note: (line) => void stderr.write(`${visible(line)}\n`),
  };
}

/** https://no-color.org: any value but an empty one. */
export function wantsColours({ NO_COLOR, TERM }: Environment): boolean {
  return (NO_COLOR === undefined || NO_COLOR === '') && TERM !== 'dumb';
}

export function styled({ hasColours }: Terminal, style: Style | undefined, text: string): string {
  if (!hasColours || style === undefined || text === '') return text;
  return styleText(style, text, { validateStream: false });
}

export async function writeJson(terminal: Terminal, value: unknown): Promise<void> {
  await terminal.write(jsonLine(value));
}

/** One line, as JSON is for programs; a terminal may be where it ends up. */
export function jsonLine(value: unknown): string {
  return `${escapedJson(JSON.stringify(value))}\n`;
}

function closedOr(error: Error): Error {
  return 'code' in error && error.code === 'EPIPE' ? new OutputClosed() : error;
}
