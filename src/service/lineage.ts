/** Which conversation the next process of a session goes on with, as the logs say it. */

import type { RunSpec } from '../runner/runner.ts';
import { type Past, pastOf } from '../session/past.ts';
import { type Session, uuidOf } from '../session/session.ts';
import type { Store } from '../store/store.ts';

export type Lineage = Pick<RunSpec, 'past' | 'forkOf'>;

/** Its own as soon as Claude has answered in it; before that, for a fork, the one that it branches off. */
export async function lineageOf(session: Session, store: Pick<Store, 'session'>): Promise<Lineage> {
  const past = pastOf(session);
  if (past === 'answered' || session.forkOf === undefined) return { ...(past && { past }) };
  const origin = await originOf(session, session.forkOf.sessionId, store);
  const known = origin.past ?? past;
  return { forkOf: uuidOf(origin.id), ...(known && { past: known }) };
}

/** A fork in which Claude never answered has the conversation of the session that it was forked from. */
async function originOf(
  { principal }: Session,
  id: string,
  store: Pick<Store, 'session'>,
): Promise<{ readonly id: string; readonly past?: Past }> {
  const origin = await store.session(principal, id);
  // Its log has been forgotten; almost always there was something to fork.
  if (origin === undefined) return { id, past: 'answered' };
  const past = pastOf(origin);
  if (past !== 'answered' && origin.forkOf !== undefined) {
    return originOf(origin, origin.forkOf.sessionId, store);
  }
  return { id, ...(past && { past }) };
}
