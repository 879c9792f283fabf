/** Progress of a call that waits: what Claude is doing, in a few words and not too often. */

import { PROGRESS_MS_MIN } from '../limits.ts';
import type { Reader } from '../service/reader.ts';
import type { Session } from '../session/session.ts';
import { cutChars, oneLine } from '../text.ts';
import { activityOf } from '../views/telling.ts';

export type ProgressNote = {
  /** Grows with every note: the number of events of the sessions that the call waits for. */
  readonly progress: number;
  readonly message: string;
};

type ProgressDeps = {
  readonly reader: Pick<Reader, 'newest'>;
  readonly send: (note: ProgressNote) => void;
};

/** How many events back to look for something to say. */
const LOOK_BACK = 20;
const ID_CHARS = 'claude_'.length + 8;
const NAME_CHARS_MAX = 80;

export class Progress {
  readonly #deps: ProgressDeps;
  /** The newest seq of each session looked at. */
  readonly #seen = new Map<string, number>();
  #pause: NodeJS.Timeout | undefined;
  #next: ProgressNote | undefined;
  #isOver = false;

  constructor(deps: ProgressDeps) {
    this.#deps = deps;
  }

  /** Looks at a session that the call waits for. Sends a note at once, or a moment later if one was just sent. */
  async watch(session: Session): Promise<void> {
    const { id, lastSeq } = session;
    const seen = this.#seen.get(id) ?? 0;
    if (lastSeq <= seen) return;
    this.#seen.set(id, lastSeq);
    const events = await this.#deps.reader.newest(session, Math.min(LOOK_BACK, lastSeq - seen));
    const text = events
      .map((event) => activityOf(event, session.options.workingDirectory))
      .findLast((line) => line !== undefined);
    if (text !== undefined) this.#tell(this.#named(session, text));
  }

  /** Sends nothing more. */
  close(): void {
    this.#isOver = true;
    clearTimeout(this.#pause);
  }

  #named({ id, name }: Session, text: string): string {
    const who =
      name === undefined ? id.slice(0, ID_CHARS) : cutChars(oneLine(name), NAME_CHARS_MAX);
    return this.#seen.size === 1 ? text : `${who}: ${text}`;
  }

  #tell(message: string): void {
    const progress = [...this.#seen.values()].reduce((sum, seq) => sum + seq, 0);
    this.#next = { progress, message };
    if (this.#pause === undefined) this.#send();
  }

  #send(): void {
    const note = this.#next;
    this.#pause = undefined;
    if (note === undefined || this.#isOver) return;
    this.#next = undefined;
    this.#deps.send(note);
    this.#pause = setTimeout(() => this.#send(), PROGRESS_MS_MIN);
  }
}
