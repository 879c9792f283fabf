import { SettingError } from '../errors.ts';
import { STORE_POLL_MS } from '../process-limits.ts';
import { Signal } from '../service/waiters.ts';
import type { Inspection } from '../store/inspection.ts';
import { showEvent } from '../views/events.ts';
import { AllEvents, type SessionSaid } from './all-events.ts';
import { EventLines, NEWEST_EVENTS } from './event-lines.ts';
import { flagsOf } from './flags.ts';
import { knownState } from './sessions.ts';
import { type CommandContext, jsonLine } from './terminal.ts';

/** Shows what all sessions say and do, those that are created meanwhile too, until it is interrupted. */
export async function tailAll(context: CommandContext): Promise<number> {
  const { settings, terminal } = context;
  const { json, after, 'no-follow': noFollow } = flagsOf(settings);
  if (after !== undefined) throw new SettingError('--after: it needs the ID of a session');
  const inspection = knownState(context);
  const lines = new EventLines(terminal, true);
  const show = ({ session, event }: SessionSaid) =>
    json ? jsonLine({ sessionId: session.id, ...showEvent(event) }) : lines.of(event, session);
  const all = new AllEvents(inspection);
  const newest = await all.newest(NEWEST_EVENTS);
  await terminal.write(newest.map(show).join(''));
  if (noFollow) return 0;
  if (terminal.columns !== undefined && !json) {
    terminal.note('Following all sessions; Ctrl-C ends this.');
  }
  for await (const said of follow(inspection, all)) {
    const text = said.map(show).join('');
    if (text !== '') await terminal.write(text);
  }
  return 0;
}

/** Never returns. Keeps the process alive while it waits. */
async function* follow(
  inspection: Inspection,
  all: AllEvents,
): AsyncGenerator<readonly SessionSaid[]> {
  const news = new Signal();
  const stop = inspection.subscribe(() => news.fire());
  const poll = setInterval(() => news.fire(), STORE_POLL_MS);
  try {
    for (;;) {
      const heard = news.next();
      yield await all.next();
      if (!all.isBehind) await heard;
    }
  } finally {
    stop();
    clearInterval(poll);
  }
}
