/** A state directory of the test's own, and a terminal that keeps what a command writes. */

import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { runCommand } from '../../src/cli/cli.ts';
import { OutputClosed, type Terminal } from '../../src/cli/terminal.ts';
import { type Environment, readSettings } from '../../src/config.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import type { Store } from '../../src/store/store.ts';

export type Said = {
  readonly code: number;
  readonly output: string;
  readonly notes: readonly string[];
};

export type Options = {
  /** Of a terminal; without it the output goes to a program. */
  readonly columns?: number;
  /** Of a terminal on which lines can be replaced. */
  readonly rows?: number;
  readonly colours?: boolean;
  readonly now?: number;
  readonly environment?: Environment;
  /** Sees each piece of output as it is written. */
  readonly heard?: (text: string) => void;
  /** The lines that a person types. Without them, nobody is there to ask. */
  readonly typed?: readonly string[];
  /** Aborted when the person leaves a whole screen. */
  readonly left?: AbortSignal;
  /** All of standard input, from a program. */
  readonly piped?: string;
};

export class World {
  readonly scratch = realpathSync(mkdtempSync(join(tmpdir(), 'cli-')));
  #hasLeft = false;
  readonly stateDir: string;

  /** @param stateDir of a server, instead of a new one */
  constructor(stateDir?: string) {
    this.stateDir = stateDir ?? join(this.scratch, 'state');
    onTestFinished(() => rmSync(this.scratch, { recursive: true, force: true }));
  }

  /** A server's store on the state directory, closed after the test. */
  async store(now?: () => number): Promise<Store> {
    const store = await openSqliteStore({ directory: this.stateDir, now });
    onTestFinished(() => store.close());
    return store;
  }

  /** From now on nobody reads what commands write: each ends when it writes next. */
  leave(): void {
    this.#hasLeft = true;
  }

  /** Runs a command line on the state directory. */
  async run(words: readonly string[], options: Options = {}): Promise<Said> {
    const { columns, rows, colours = false, now = Date.now(), environment = {}, heard } = options;
    const { left = new AbortController().signal } = options;
    const settings = readSettings([...words, '--state-dir', this.stateDir], environment);
    const { command } = settings;
    if (command === 'stdio' || command === 'http' || command === 'backup') {
      throw new Error(`${command} is no command of the terminal`);
    }
    let output = '';
    const notes: string[] = [];
    const code = await runCommand(command, settings, {
      columns,
      rows,
      hasColours: colours,
      now: () => now,
      write: async (text) => {
        if (this.#hasLeft) throw new OutputClosed();
        output += text;
        heard?.(text);
      },
      note: (line) => notes.push(line),
      input: inputOf(options, notes),
      fullScreen: () => ({ left, onResize: () => {}, close: () => {} }),
    });
    return { code, output, notes };
  }

  async json(words: readonly string[], options?: Options) {
    return JSON.parse((await this.run([...words, '--json'], options)).output);
  }
}

function inputOf({ typed, piped = '' }: Options, notes: string[]): Terminal['input'] {
  const left = [...(typed ?? [])];
  return {
    isTerminal: typed !== undefined,
    line: async (question) => {
      notes.push(question);
      return left.shift();
    },
    all: async () => piped,
  };
}

export function lines(text: string): string[] {
  return text.split('\n').slice(0, -1);
}

export function cells(text: string): string[][] {
  return lines(text).map((line) => line.split('\t'));
}
