import { STORE_POLL_MS, TRANSCRIPT_TEXT_BYTES_MAX } from '../limits.ts';
import { Signal } from '../service/waiters.ts';
import type { SessionEvent } from '../session/event.ts';
import type { Inspection } from '../store/inspection.ts';
import { cutBytes, oneLine } from '../text.ts';
import { showEvent } from '../views/events.ts';
import { clockTime, localDate, localTime } from '../views/figures.ts';
import { besideHead, COLUMN_GAP, firstLines, screenLines, styled, wrap } from '../views/screen.ts';
import { bodyText, noteText, tellingOf } from '../views/telling.ts';
import { flagsOf } from './flags.ts';
import { knownSession } from './sessions.ts';
import { type CommandContext, jsonLine, type Terminal } from './terminal.ts';

const PAGE_EVENTS = 500;

/** Number of events to show before new ones. */
const NEWEST_EVENTS = 20;

const EVENT_WIDTH = 'cancelled'.length;
const MARGIN = 'hh:mm:ss'.length + EVENT_WIDTH + 2 * COLUMN_GAP.length;

/** Shows what a session says and does as it happens, whichever server runs it; resolves when it has ended. */
export async function tail(context: CommandContext): Promise<number> {
  const { settings, terminal } = context;
  const { json, after, 'no-follow': noFollow } = flagsOf(settings);
  const { session, inspection } = await knownSession(context);
  const { id, lastSeq, options } = session;
  const from = after ?? Math.max(0, lastSeq - NEWEST_EVENTS);
  const eventJson = (event: SessionEvent) => jsonLine(showEvent(event));
  const show = json ? eventJson : linesFor(terminal, options.workingDirectory);
  if (after === undefined && from > 0 && !json && terminal.columns !== undefined) {
    terminal.note(
      `Showing the newest ${NEWEST_EVENTS} events; use --after 0 to see the ${from} before them.`,
    );
  }
  const pages = (noFollow ? storedEvents : followEvents)(inspection, id, from);
  for await (const page of pages) {
    const text = page.map(show).join('');
    if (text !== '') await terminal.write(text);
  }
  return 0;
}

/** At a terminal, the date goes above the first event of a day. */
function linesFor(terminal: Terminal, directory: string): (event: SessionEvent) => string {
  let day = '';
  return (event) => {
    const lines = eventLines(terminal, event, directory);
    const today = localDate(event.at);
    if (lines === '' || today === day || terminal.columns === undefined) return lines;
    day = today;
    return `${styled(terminal, 'dim', today)}\n${lines}`;
  };
}

/**
 * At a terminal, as many lines as it takes; otherwise one line: time, word and text, separated by tabs. Empty if the
 * event has nothing to show.
 *
 * @param directory the session's: paths below it are shown relative to it
 */
function eventLines(screen: Terminal, event: SessionEvent, directory: string): string {
  const telling = tellingOf(event, directory);
  // The start of a turn says nothing new after its prompt.
  const isKnown = event.type === 'turn_started' && event.turn.origin === 'prompt';
  if (telling === undefined || isKnown) return '';
  const { word, style, linesMax, notes = [] } = telling;
  const text = cutBytes(bodyText(telling), TRANSCRIPT_TEXT_BYTES_MAX);
  const tail = notes.map(noteText);
  if (screen.columns === undefined) {
    return `${localTime(event.at)}\t${word}\t${oneLine([text, ...tail].join('\n'))}\n`;
  }
  const width = screen.columns - MARGIN;
  const shown = [...firstLines(screenLines(text), linesMax), ...tail.flatMap(screenLines)];
  const lines = shown
    .flatMap((line) => wrap(line, width))
    .map((line) => (style === 'dim' ? styled(screen, 'dim', line) : line));
  const time = styled(screen, 'dim', clockTime(event.at));
  const head = [time, styled(screen, style, word.padEnd(EVENT_WIDTH)), ''].join(COLUMN_GAP);
  return besideHead(head, MARGIN, lines);
}

/**
 * Yields the events after a seq page by page, and then new ones as they are written, by whichever server. Returns once the
 * session has ended or been deleted. Keeps the process alive while it waits.
 */
async function* followEvents(
  inspection: Inspection,
  sessionId: string,
  after: number,
): AsyncGenerator<readonly SessionEvent[]> {
  const news = new Signal();
  const stop = inspection.subscribe(() => news.fire());
  const poll = setInterval(() => news.fire(), STORE_POLL_MS);
  try {
    for (let seen = after; ; ) {
      const heard = news.next();
      const session = await inspection.session(sessionId);
      const page = await inspection.events(sessionId, seen, PAGE_EVENTS);
      seen = page.at(-1)?.seq ?? seen;
      if (page.length > 0) yield page;
      else if (session === undefined || session.status === 'terminated') return;
      else await heard;
    }
  } finally {
    stop();
    clearInterval(poll);
  }
}

/** Yields the events after a seq page by page, up to the end of the log. */
async function* storedEvents(
  inspection: Inspection,
  sessionId: string,
  after: number,
): AsyncGenerator<readonly SessionEvent[]> {
  for (let seen = after; ; ) {
    const page = await inspection.events(sessionId, seen, PAGE_EVENTS);
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    seen = last.seq;
  }
}
