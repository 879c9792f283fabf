import { UNFINISHED_MS_MIN } from '../limits.ts';
import { STORE_POLL_MS } from '../process-limits.ts';
import { readUnfinished, type Unfinished } from '../service/unfinished.ts';
import { Signal } from '../service/waiters.ts';
import type { SessionEvent } from '../session/event.ts';
import type { Inspection } from '../store/inspection.ts';
import { showEvent } from '../views/events.ts';
import { EventLines, MARGIN, NEWEST_EVENTS } from './event-lines.ts';
import { flagsOf } from './flags.ts';
import { LiveText } from './live-text.ts';
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
  const live = new LiveText(terminal, MARGIN);
  // Anything but a terminal gets whole texts only: what is written there cannot be replaced.
  const isLive = !json && terminal.rows !== undefined;
  const unfinished = isLive ? () => readUnfinished(settings.stateDir, id) : undefined;
  const looks = noFollow
    ? storedEvents(inspection, id, from)
    : followEvents(inspection, { sessionId: id, after: from, unfinished });
  for await (const look of looks) {
    const text = live.after(look.events.map(show).join(''), look.unfinished);
    if (text !== '') await terminal.write(text);
  }
  return 0;
}

/** What there is to show: further events, and the text that Claude writes after them. */
type Look = { readonly events: readonly SessionEvent[]; readonly unfinished?: Unfinished };

type Following = {
  readonly sessionId: string;
  readonly after: number;
  /** Reads what Claude is writing. Undefined if that is not to be shown. */
  readonly unfinished: (() => Promise<Unfinished | undefined>) | undefined;
};

/**
 * Yields the events after a seq page by page, and then new ones as they are written, by whichever server. Returns once the
 * session has ended or been deleted. Keeps the process alive while it waits.
 */
async function* followEvents(
  inspection: Inspection,
  { sessionId, after, unfinished }: Following,
): AsyncGenerator<Look> {
  const news = new Signal();
  const stop = inspection.subscribe(() => news.fire());
  const pollMs = unfinished === undefined ? STORE_POLL_MS : UNFINISHED_MS_MIN;
  const poll = setInterval(() => news.fire(), pollMs);
  try {
    for (let seen = after; ; ) {
      const heard = news.next();
      const session = await inspection.session(sessionId);
      const page = await inspection.events(sessionId, seen, PAGE_EVENTS);
      seen = page.at(-1)?.seq ?? seen;
      if (page.length > 0) {
        yield { events: page };
        continue;
      }
      if (session === undefined || session.status === 'terminated') return;
      // After the events: a text is taken away before its event is written, so it is never shown twice.
      const isWriting = session.status === 'busy' && session.lastSeq === seen;
      yield { events: [], unfinished: isWriting ? await unfinished?.() : undefined };
      await heard;
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
): AsyncGenerator<Look> {
  for (let seen = after; ; ) {
    const page = await inspection.events(sessionId, seen, PAGE_EVENTS);
    const last = page.at(-1);
    if (last === undefined) return;
    yield { events: page };
    seen = last.seq;
  }
}
