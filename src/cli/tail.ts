import { STORE_POLL_MS } from '../limits.ts';
import { Signal } from '../service/waiters.ts';
import type { SessionEvent } from '../session/event.ts';
import type { Inspection } from '../store/inspection.ts';
import { eventLines } from '../views/event-lines.ts';
import { showEvent } from '../views/events.ts';
import { localDate } from '../views/figures.ts';
import { styled } from '../views/screen.ts';
import { flagsOf } from './flags.ts';
import { knownSession } from './sessions.ts';
import { type CommandContext, jsonLine, type Terminal } from './terminal.ts';

const PAGE_EVENTS = 500;

/** Number of events to show before new ones. */
const NEWEST_EVENTS = 20;

/** Shows what a session says and does as it happens, whichever server runs it; resolves when it has ended. */
export async function tail(context: CommandContext): Promise<number> {
  const { settings, terminal } = context;
  const { json, after, 'no-follow': noFollow } = flagsOf(settings);
  const { session, inspection } = await knownSession(context);
  const { id, lastSeq, options } = session;
  const from = after ?? Math.max(0, lastSeq - NEWEST_EVENTS);
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

function eventJson(event: SessionEvent): string {
  return jsonLine(showEvent(event));
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
