/** Searching sessions by what is in them, without holding up the calls of others. */

import { setImmediate } from 'node:timers/promises';
import type { Session } from '../session/session.ts';
import type { Searched, SearchQuery } from '../store/queries.ts';
import type { Store } from '../store/store.ts';

/** Maximum number of reads in one call; then the page ends, even if nothing was found. */
const SEARCH_READS_MAX = 4;

/**
 * Looks at a bounded number of sessions, and lets other calls be answered meanwhile. If `searchedTo` is set, the search
 * can go on from there.
 */
export async function searchSessions(store: Store, query: SearchQuery): Promise<Searched> {
  if (!query.needsPerson && !query.words?.length) return { sessions: await store.sessions(query) };
  const sessions: Session[] = [];
  let { cursor } = query;
  for (let read = 0; read < SEARCH_READS_MAX; read += 1) {
    const limit = query.limit - sessions.length;
    const found = await store.search({ ...query, limit, ...(cursor && { cursor }) });
    sessions.push(...found.sessions);
    if (found.searchedTo === undefined) return { sessions };
    cursor = found.searchedTo;
    await setImmediate();
  }
  return { sessions, ...(cursor && { searchedTo: cursor }) };
}
