/** Progress of a call that waits: what Claude is doing, in a few words and not too often. */

import { ACTIVITY_CHARS_MAX, PROGRESS_MS_MIN } from '../limits.ts';
import type { Reader } from '../service/reader.ts';
import type { Unfinished } from '../service/unfinished.ts';
import type { Session } from '../session/session.ts';
import { cutChars, oneLine, tailOf } from '../text.ts';
import { activityOf } from '../views/telling.ts';

export type ProgressNote = {
  /**
   * Grows with every note: the number of events of the sessions that the call waits for, and a fraction that grows while
   * Claude writes.
   */
  readonly progress: number;
  readonly message: string;
};

type ProgressDeps = {
  readonly reader: Pick<Reader, 'newest' | 'writing'>;
  readonly send: (note: ProgressNote) => void;
};

/** How many events back to look for something to say. */
const LOOK_BACK = 20;
const ID_CHARS = 'claude_'.length + 8;
const NAME_CHARS_MAX = 80;
/** Number of running sessions in which to look for what Claude is writing. */
const WRITERS_MAX = 10;

export class Progress {
  readonly #deps: ProgressDeps;
  /** The newest seq of each session looked at. */
  readonly #seen = new Map<string, number>();
  /** The sessions in which a turn runs. */
  readonly #running = new Map<string, Session>();
  #looking: NodeJS.Timeout | undefined;
  /** When the text was written that was told last, in epoch milliseconds. */
  #writtenAt = 0;
  /** How many notes told of texts since the last event. */
  #pieces = 0;
  #pause: NodeJS.Timeout | undefined;
  #next: ProgressNote | undefined;
  #isOver = false;

  constructor(deps: ProgressDeps) {
    this.#deps = deps;
  }

  /** Looks at a session that the call waits for. Sends a note at once, or a moment later if one was just sent. */
  async watch(session: Session): Promise<void> {
    this.#follow(session);
    const { id, lastSeq } = session;
    const seen = this.#seen.get(id) ?? 0;
    if (lastSeq <= seen) return;
    this.#seen.set(id, lastSeq);
    this.#pieces = 0;
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
    clearTimeout(this.#looking);
  }

  /** What is written before it is an event wakes nobody, so it has to be looked for. */
  #follow(session: Session): void {
    if (session.turns.running === 0) this.#running.delete(session.id);
    else this.#running.set(session.id, session);
    if (this.#running.size > 0) this.#lookLater();
  }

  #lookLater(): void {
    if (this.#isOver || this.#looking !== undefined) return;
    this.#looking = setTimeout(() => void this.#look(), PROGRESS_MS_MIN);
  }

  async #look(): Promise<void> {
    const running = [...this.#running.values()].slice(0, WRITERS_MAX);
    const found = await Promise.all(
      running.map(async (session) => ({ session, text: await this.#deps.reader.writing(session) })),
    );
    this.#looking = undefined;
    for (const { session, text } of found) {
      const isNew = text !== undefined && text.at > this.#writtenAt;
      // Otherwise it may be an event by now.
      const isOpen = this.#running.get(session.id)?.lastSeq === session.lastSeq;
      if (isNew && isOpen) this.#tellWriting(session, text);
    }
    if (this.#running.size > 0) this.#lookLater();
  }

  #tellWriting(session: Session, { at, text }: Unfinished): void {
    const line = oneLine(tailOf(text, 2 * ACTIVITY_CHARS_MAX));
    const end = tailOf(line, ACTIVITY_CHARS_MAX);
    if (end === '') return;
    this.#writtenAt = at;
    this.#pieces += 1;
    this.#tell(this.#named(session, `Claude writes: ${end === line ? '' : '…'}${end}`));
  }

  #named({ id, name }: Session, text: string): string {
    const who =
      name === undefined ? id.slice(0, ID_CHARS) : cutChars(oneLine(name), NAME_CHARS_MAX);
    return this.#seen.size === 1 ? text : `${who}: ${text}`;
  }

  #tell(message: string): void {
    const events = [...this.#seen.values()].reduce((sum, seq) => sum + seq, 0);
    const progress = events + this.#pieces / (this.#pieces + 1);
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
