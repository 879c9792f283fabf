import { STORE_POLL_MS } from '../limits.ts';
import { Signal } from '../service/waiters.ts';
import type { SessionEvent } from '../session/event.ts';
import type { Inspection } from '../store/inspection.ts';
import { showEvent } from '../views/events.ts';
import { EventLines, NEWEST_EVENTS } from './event-lines.ts';
import { flagsOf } from './flags.ts';
import { knownSession } from './sessions.ts';
import { type CommandContext, jsonLine } from './terminal.ts';

const PAGE_EVENTS = 500;

/** Shows what a session says and does as it happens, whichever server runs it; resolves when it has ended. */
export async function tail(context: CommandContext): Promise<number> {
  const { settings, terminal } = context;
  if (settings.operand === undefined) return (await import('./tail-all.ts')).tailAll(context);
  const { json, after, 'no-follow': noFollow } = flagsOf(settings);
  const { session, inspection } = await knownSession(context);
  const { id, lastSeq } = session;
  const from = after ?? Math.max(0, lastSeq - NEWEST_EVENTS);
  const lines = new EventLines(terminal);
  const show = (event: SessionEvent) =>
    json ? jsonLine(showEvent(event)) : lines.of(event, session);
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
