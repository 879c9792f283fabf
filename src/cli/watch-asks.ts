/** What asks now and did not before. */

import { uuidOf } from '../session/session.ts';
import { asksOf, type Listed } from './listed.ts';

export type NewAsk = { readonly title: string; readonly text: string };

export class NewAsks {
  /** The ids of the requests that were there at the last look; undefined before the first. */
  #known: ReadonlySet<string> | undefined;

  /** Empty at the first look: the person sees what is there already. */
  in(listed: Listed): readonly NewAsk[] {
    const known = this.#known;
    const requests = [...listed.requests.values()].flat();
    this.#known = new Set(requests.map(({ requestId }) => requestId));
    if (known === undefined) return [];
    return listed.sessions.flatMap((session) => {
      const isNew = listed.requests.get(session.id)?.some(({ requestId }) => !known.has(requestId));
      const [ask] = isNew ? asksOf(listed, session) : [];
      return ask ? [{ title: `${session.name ?? uuidOf(session.id)} asks`, text: ask.what }] : [];
    });
  }
}
