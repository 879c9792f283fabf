/** The list of sessions page by page, while sessions change. */

import type { Session } from '../session/session.ts';
import type { SessionCursor, SessionQuery } from '../store/queries.ts';
import type { Store } from '../store/store.ts';

export type ListPage = {
  readonly sessions: readonly Session[];
  /** Where the next page begins, if there is one. */
  readonly next?: SessionCursor;
};

/**
 * The pages go through the list as it stood when the first one was read: each session of then is on one
 * of them, as it is by now, whatever happens to it meanwhile.
 */
export async function listPage(store: Store, query: SessionQuery): Promise<ListPage> {
  const { limit, cursor } = query;
  // One more than is shown tells whether there is more.
  const found = await store.sessions({ ...query, limit: limit + 1 });
  const sessions = found.slice(0, limit);
  const [first, last] = [sessions[0], sessions.at(-1)];
  if (first === undefined || last === undefined || found.length <= limit) return { sessions };
  const asOf = cursor?.asOf ?? first.lastActivity;
  const { id, lastActivity, place = lastActivity } = last;
  return { sessions, next: { lastActivity: place, id, asOf } };
}
