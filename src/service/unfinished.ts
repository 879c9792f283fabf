/**
 * What Claude is writing at this moment, before it is an event: a small file for each session that writes, for whoever
 * watches the session. It is not part of the log. It costs no sync of the disk, and if it is lost, nothing is.
 */

import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UNFINISHED_MS_MIN, UNFINISHED_TEXT_CHARS_MAX } from '../limits.ts';
import type { Logger } from '../log.ts';
import { uuidOf } from '../session/session.ts';
import { readSmallFile } from '../small-file.ts';
import type { Fence } from '../store/store.ts';
import type { Parts } from './core.ts';

/** The folder in a state directory. */
const FOLDER = 'unfinished';
/** In JSON, a character takes six bytes at most; the rest is more than enough for the time. */
const FILE_BYTES_MAX = 8 * UNFINISHED_TEXT_CHARS_MAX;

const unfinished = z.object({
  /** Epoch milliseconds. */
  at: z.number(),
  /** The end of the text so far. */
  text: z.string(),
});

export type Unfinished = z.infer<typeof unfinished>;

/** The files, with `*` for anything in a name. */
export function unfinishedFiles(stateDir: string): string {
  return join(stateDir, FOLDER, '*');
}

function fileOf(stateDir: string, sessionId: string): string {
  return join(stateDir, FOLDER, `${uuidOf(sessionId)}.json`);
}

/** Undefined if Claude writes no text in the session now, or it cannot be read. */
export async function readUnfinished(
  stateDir: string,
  sessionId: string,
): Promise<Unfinished | undefined> {
  try {
    const json = await readSmallFile(fileOf(stateDir, sessionId), FILE_BYTES_MAX);
    return unfinished.parse(JSON.parse(json));
  } catch {
    return undefined;
  }
}

/** Writes, reads and removes the files. Nothing here throws: a session does not depend on it. */
export class UnfinishedTexts {
  readonly #stateDir: string;
  readonly #log: Pick<Logger, 'debug'>;

  constructor(stateDir: string, log: Pick<Logger, 'debug'>) {
    this.#stateDir = stateDir;
    this.#log = log;
  }

  /** Undefined if Claude writes no text in the session now, here or on another server. */
  read(sessionId: string): Promise<Unfinished | undefined> {
    return readUnfinished(this.#stateDir, sessionId);
  }

  show(sessionId: string, text: Unfinished): void {
    const file = fileOf(this.#stateDir, sessionId);
    this.#try(sessionId, () => {
      mkdirSync(join(this.#stateDir, FOLDER), { recursive: true, mode: 0o700 });
      // Renamed into place, so that nobody reads one half.
      writeFileSync(`${file}.new`, JSON.stringify(text), { mode: 0o600 });
      renameSync(`${file}.new`, file);
    });
  }

  /** At once: whoever sees the next event in the log afterwards sees no text that it has made old. */
  remove(sessionId: string): void {
    const file = fileOf(this.#stateDir, sessionId);
    this.#try(sessionId, () => {
      rmSync(file, { force: true });
      rmSync(`${file}.new`, { force: true });
    });
  }

  #try(sessionId: string, write: () => void): void {
    try {
      write();
    } catch (err) {
      this.#log.debug({ err, sessionId }, 'unfinished text could not be shown');
    }
  }
}

type WritingDeps = Pick<Parts, 'store' | 'clock' | 'unfinished'> & { readonly fence: Fence };

/** What Claude writes in one process: shows how far it is, but not too often, and only until it is an event. */
export class Writing {
  readonly #deps: WritingDeps;
  #heardAt: number | undefined;
  #soFar: () => string = () => '';
  #next: NodeJS.Timeout | undefined;
  #isShown = false;

  constructor(deps: WritingDeps) {
    this.#deps = deps;
    // A server that died may have left something.
    deps.unfinished.remove(deps.fence.sessionId);
  }

  heard(soFar: () => string): void {
    this.#heardAt = this.#deps.clock.now();
    this.#soFar = soFar;
    this.#next ??= setTimeout(() => this.#show(), UNFINISHED_MS_MIN).unref();
  }

  /** What was written has become an event, or never will. */
  over(): void {
    this.#heardAt = undefined;
    clearTimeout(this.#next);
    this.#next = undefined;
    this.#hide();
  }

  /**
   * Makes it durable that Claude has written something that no event tells of, if it has since the last time.
   *
   * @throws what `Store.note` throws
   */
  async note(): Promise<void> {
    const { store, fence } = this.#deps;
    const heardAt = this.#heardAt;
    this.#heardAt = undefined;
    if (heardAt !== undefined) await store.note(fence, { heardAt });
  }

  #show(): void {
    this.#next = undefined;
    const text = this.#soFar();
    const { fence, unfinished, clock } = this.#deps;
    if (text === '') {
      this.#hide();
    } else {
      unfinished.show(fence.sessionId, { at: clock.now(), text });
      this.#isShown = true;
    }
  }

  #hide(): void {
    if (this.#isShown) this.#deps.unfinished.remove(this.#deps.fence.sessionId);
    this.#isShown = false;
  }
}
