import { followEvents, storedEvents } from '../service/inspecting.ts';
import type { SessionEvent } from '../session/event.ts';
import { eventLines } from '../views/event-lines.ts';
import { showEvent } from '../views/events.ts';
import { localDate } from '../views/figures.ts';
import { styled } from '../views/screen.ts';
import { flagsOf } from './flags.ts';
import { knownSession } from './sessions.ts';
import { type CommandContext, jsonLine, type Terminal } from './terminal.ts';

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
