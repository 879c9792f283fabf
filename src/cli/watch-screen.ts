/** The sessions on a whole screen, those that need a person first. */

import { hasFailed, type Session } from '../session/session.ts';
import { clockTime, count, counted } from '../views/figures.ts';
import { cut, styled } from '../views/screen.ts';
import { frameText } from './full-screen.ts';
import { type Listed, listedText } from './listed.ts';
import type { Terminal } from './terminal.ts';

export class WatchScreen {
  readonly #terminal: Terminal;
  #shown = '';

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Writes nothing if the screen shows it already. */
  async draw(listed: Listed, warning?: string): Promise<void> {
    const frame = frameText(this.#lines(listed, warning));
    if (frame === this.#shown) return;
    this.#shown = frame;
    await this.#terminal.write(frame);
  }

  #lines(listed: Listed, warning: string | undefined): readonly string[] {
    const { columns = 0, rows = 0 } = this.#terminal;
    const now = this.#terminal.now();
    const head = cut(`${clockTime(now)}  q ends  ${summary(listed)}`, columns);
    const sessions = [...listed.sessions].sort((a, b) => need(listed, a) - need(listed, b));
    const table = listedText(this.#terminal, { ...listed, sessions }, now);
    const body = table === '' ? ['No sessions.'] : table.trimEnd().split('\n');
    const notes = [
      ...(warning === undefined ? [] : [cut(warning, columns)]),
      ...(listed.isMore ? ['There are more sessions; --limit shows them.'] : []),
    ].map((line) => styled(this.#terminal, 'dim', cut(line, columns)));
    const room = Math.max(1, rows - 2 - notes.length);
    const isCut = body.length > room;
    const shown = isCut ? body.slice(0, room - 1) : body;
    const more = isCut
      ? [`… ${count(body.length - shown.length)} more lines: make the window higher`]
      : [];
    const cutMore = more.map((line) => styled(this.#terminal, 'dim', cut(line, columns)));
    return [styled(this.#terminal, 'dim', head), '', ...shown, ...cutMore, ...notes];
  }
}

/** The more a session needs a person, the less. */
function need({ holders }: Listed, session: Session): number {
  if (holders.isAbandoned(session)) return 1;
  if (session.pendingPermissions > 0) return 0;
  return session.status === 'error' || hasFailed(session) ? 1 : 2;
}

function summary(listed: Listed): string {
  const { sessions, holders } = listed;
  const some = (title: string, is: (session: Session) => boolean): readonly string[] => {
    const found = sessions.filter(is).length;
    return found === 0 ? [] : [`${count(found)} ${title}`];
  };
  const isHeld = (session: Session): boolean => !holders.isAbandoned(session);
  const isAtWork = (session: Session): boolean => isHeld(session) && session.status === 'busy';
  return [
    counted(sessions.length, 'session'),
    ...some('ask', (session) => isHeld(session) && session.pendingPermissions > 0),
    ...some('busy', (session) => isAtWork(session) && session.pendingPermissions === 0),
    ...some('without a server', (session) => holders.isAbandoned(session)),
    ...some('in error', ({ status }) => status === 'error'),
    ...some('failed', hasFailed),
  ].join(', ');
}
