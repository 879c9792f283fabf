/** Adds a notice if Claude Code does not write its transcript: it goes on without it, but could not resume. */

import { setTimeout as sleep } from 'node:timers/promises';
import { failureOf } from '../errors.ts';

/** Claude Code writes its transcript before the end of a turn, or up to this long after it. */
const LATE_MS = 2000;

const HINT =
  'The conversation goes on only as long as its process lives; `claude-sessions-mcp doctor` says what to do.';

type TranscriptWatchOptions = {
  /** Rejects if Claude Code has not written the transcript since the last time. */
  readonly check: () => Promise<void>;
  readonly notice: (text: string) => void;
  /** What a process has not written by its end is found missing by the next one. */
  readonly hasExited: () => boolean;
};

export class TranscriptWatch {
  readonly #options: TranscriptWatchOptions;
  #isTold = false;
  #completed = 0;

  constructor(options: TranscriptWatchOptions) {
    this.#options = options;
  }

  async turnCompleted(): Promise<void> {
    this.#completed += 1;
    const turn = this.#completed;
    if (this.#isTold || (await this.#problem()) === undefined) return;
    await sleep(LATE_MS, undefined, { ref: false });
    const problem = this.#options.hasExited() ? undefined : await this.#problem();
    if (problem === undefined || this.#isTold || this.#options.hasExited()) return;
    // A turn that has completed since looks for itself, and may have seen already what this one was waiting for.
    if (turn !== this.#completed) return;
    this.#isTold = true;
    this.#options.notice(`${problem}. ${HINT}`);
  }

  #problem(): Promise<string | undefined> {
    return this.#options.check().then(
      () => undefined,
      (error: unknown) => failureOf(error).message,
    );
  }
}
