/** The directories of one run: deleted after a good one, kept for whoever wants to know after a bad one. */

import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerOptions } from './server.ts';

export type LogLine = { readonly level: number; readonly msg: string };

export class Place {
  readonly runId = randomUUID();
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'claude-sessions-chaos-')));
  readonly stateDirectory = join(this.directory, 'state');
  readonly workDirectory = join(this.directory, 'work');
  readonly witnessDirectory = join(this.directory, 'witness');
  readonly #logDirectory = join(this.directory, 'log');

  constructor() {
    for (const made of [this.workDirectory, this.witnessDirectory, this.#logDirectory]) {
      mkdirSync(made);
    }
  }

  serverOptions(
    name: string,
    rest: Pick<ServerOptions, 'maxLive' | 'idleEvictMs' | 'leaseTimes' | 'mutant'>,
  ): ServerOptions {
    const { runId, stateDirectory, workDirectory, witnessDirectory } = this;
    const logFile = join(this.#logDirectory, name);
    return { ...rest, runId, stateDirectory, workDirectory, witnessDirectory, logFile };
  }

  /** What all servers have logged so far. */
  logged(): readonly LogLine[] {
    return readdirSync(this.#logDirectory).flatMap((name) =>
      readFileSync(join(this.#logDirectory, name), 'utf8')
        .split('\n')
        .filter((line) => line.endsWith('}'))
        .map((line) => JSON.parse(line)),
    );
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
