/** The events of a log as lines: a few for a person at a terminal, one for a program. */

import { TRANSCRIPT_TEXT_BYTES_MAX } from '../limits.ts';
import type { SessionEvent } from '../session/event.ts';
import type { Session } from '../session/session.ts';
import { cutBytes, oneLine } from '../text.ts';
import { clockTime, localDate, localTime } from '../views/figures.ts';
import {
  besideHead,
  COLUMN_GAP,
  cut,
  firstLines,
  padded,
  screenLines,
  styled,
  wrap,
} from '../views/screen.ts';
import { bodyText, noteText, type Telling, tellingOf } from '../views/telling.ts';
import { answerText } from './answer-commands.ts';
import { SHORT_ID_CHARS, shortId } from './sessions.ts';
import type { Terminal } from './terminal.ts';

/** Number of events to show before new ones. */
export const NEWEST_EVENTS = 20;

const EVENT_WIDTH = 'cancelled'.length;
const TITLE_WIDTH = SHORT_ID_CHARS + ' fix the tests'.length;
/** From so many columns on there is room for longer names. */
const WIDE_COLUMNS = 120;
const WIDE_TITLE_WIDTH = TITLE_WIDTH + 14;

/** The columns before the text of an event, if all are of one session. */
export const MARGIN = 'hh:mm:ss'.length + EVENT_WIDTH + 2 * COLUMN_GAP.length;

export class EventLines {
  readonly #terminal: Terminal;
  readonly #isTitled: boolean;
  #day = '';

  /** @param isTitled says in each line which session it is about */
  constructor(terminal: Terminal, isTitled = false) {
    this.#terminal = terminal;
    this.#isTitled = isTitled;
  }

  /**
   * At a terminal, as many lines as it takes, with the date above the first event of a day; otherwise one line: time, id
   * and name if it is titled, word and text, separated by tabs. Empty if the event has nothing to show.
   */
  of(event: SessionEvent, session: Session): string {
    const telling = tellingOf(event, session.options.workingDirectory);
    // The start of a turn says nothing new after its prompt.
    const isKnown = event.type === 'turn_started' && event.turn.origin === 'prompt';
    if (telling === undefined || isKnown) return '';
    const text = cutBytes(bodyText(telling), TRANSCRIPT_TEXT_BYTES_MAX);
    const notes = [...(telling.notes ?? []).map(noteText), ...answersTo(event)];
    const { columns } = this.#terminal;
    if (columns !== undefined) {
      return this.#dated(event, this.#lines(event, session, { telling, text, notes, columns }));
    }
    const title = this.#isTitled ? [session.id, oneLine(session.name ?? '')] : [];
    const said = oneLine([text, ...notes].join('\n'));
    return `${[localTime(event.at), ...title, telling.word, said].join('\t')}\n`;
  }

  #dated(event: SessionEvent, lines: string): string {
    const today = localDate(event.at);
    if (today === this.#day) return lines;
    this.#day = today;
    return `${styled(this.#terminal, 'dim', today)}\n${lines}`;
  }

  #lines(event: SessionEvent, session: Session, { telling, text, notes, columns }: Told): string {
    const screen = this.#terminal;
    const { word, style, linesMax } = telling;
    const titleWidth = columns < WIDE_COLUMNS ? TITLE_WIDTH : WIDE_TITLE_WIDTH;
    const title = this.#isTitled ? [styled(screen, 'dim', titleOf(session, titleWidth))] : [];
    const margin = MARGIN + (this.#isTitled ? titleWidth + COLUMN_GAP.length : 0);
    const shown = [...firstLines(screenLines(text), linesMax), ...notes.flatMap(screenLines)];
    const lines = shown
      .flatMap((line) => wrap(line, columns - margin))
      .map((line) => (style === 'dim' ? styled(screen, 'dim', line) : line));
    const time = styled(screen, 'dim', clockTime(event.at));
    const head = [time, ...title, styled(screen, style, word.padEnd(EVENT_WIDTH)), ''];
    return besideHead(head.join(COLUMN_GAP), margin, lines);
  }
}

type Told = {
  readonly telling: Telling;
  readonly text: string;
  readonly notes: readonly string[];
  readonly columns: number;
};

function titleOf(session: Session, width: number): string {
  const { name } = session;
  const short = shortId(session);
  return padded(cut(name === undefined ? short : `${short} ${oneLine(name)}`, width), width);
}

function answersTo(event: SessionEvent): readonly string[] {
  return event.type === 'permission_requested' ? [answerText(event.request)] : [];
}
