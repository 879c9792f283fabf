/** What a session's process goes by: the session as it was when the process was started or last told of a change. */

import type { Run } from '../runner/runner.ts';
import { timesChosen } from '../session/mode.ts';
import type { Session } from '../session/session.ts';
import { optionsToTell } from '../session/update.ts';

export class Told {
  #session: Session;
  #timesChosen: number;

  /** @param started the session that the process was started for */
  constructor(started: Session) {
    this.#session = started;
    this.#timesChosen = timesChosen(started);
  }

  /** How often the caller had chosen a mode when the process was in the mode that it was last told. */
  get timesChosen(): number {
    return this.#timesChosen;
  }

  /** Has the process go by this session, if that is newer than what it goes by. Never rejects. */
  async tell(run: Run, session: Session): Promise<void> {
    const before = this.#session;
    if (session.lastSeq <= before.lastSeq) return;
    this.#session = session;
    const changes = optionsToTell(before, session);
    if (Object.keys(changes).length === 0) return;
    await run.update(changes);
    this.#timesChosen = Math.max(this.#timesChosen, timesChosen(session));
  }
}
