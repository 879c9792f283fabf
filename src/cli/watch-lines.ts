/** A line for each session that has changed, for programs and for terminals that cannot be redrawn. */

import type { Session } from '../session/session.ts';
import type { Inspection } from '../store/inspection.ts';
import { localTime } from '../views/figures.ts';
import { isoTime } from '../views/session.ts';
import { changeKey, type Listed, listedJson, listedText } from './listed.ts';
import { jsonLine, type Terminal } from './terminal.ts';

export class ChangeLines {
  readonly #terminal: Terminal;
  readonly #inspection: Inspection;
  readonly #isJson: boolean;
  /** By the id of a session, what was written of it last. */
  #known: ReadonlyMap<string, string> = new Map();

  constructor(terminal: Terminal, inspection: Inspection, isJson: boolean) {
    this.#terminal = terminal;
    this.#inspection = inspection;
    this.#isJson = isJson;
  }

  /** All sessions at the first call. */
  async draw(listed: Listed): Promise<void> {
    const known = this.#known;
    const now = this.#terminal.now();
    const keys = new Map(listed.sessions.map((it) => [it.id, changeKey(listed, it, now)]));
    const left = await this.#left([...known.keys()].filter((id) => !keys.has(id)));
    const changed = listed.sessions.filter(({ id }) => known.get(id) !== keys.get(id));
    this.#known = keys;
    const sessions = [...left, ...changed];
    if (sessions.length > 0) await this.#terminal.write(this.#text({ ...listed, sessions }));
  }

  /** Sessions that are no longer listed because they have ended. */
  async #left(ids: readonly string[]): Promise<readonly Session[]> {
    const found = await Promise.all(ids.map((id) => this.#inspection.session(id)));
    return found.flatMap((session) => (session?.status === 'terminated' ? session : []));
  }

  #text(listed: Listed): string {
    const now = this.#terminal.now();
    if (this.#isJson) {
      const rows = listedJson(listed, now);
      return rows.map((session) => jsonLine({ at: isoTime(now), session })).join('');
    }
    const rows = listedText({ ...this.#terminal, columns: undefined }, listed, now).trimEnd();
    return rows
      .split('\n')
      .map((row) => `${localTime(now)}\t${row}\n`)
      .join('');
  }
}
