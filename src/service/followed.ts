/**
 * Has the processes of this server go by what callers change of their sessions, whichever server the call came to: the
 * log is how they hear of it. The server to which the call came renames the conversation with the session.
 */

import type { Runner } from '../runner/runner.ts';
import { type Session, uuidOf } from '../session/session.ts';
import type { Parts } from './core.ts';

/** Returns the function that stops it. */
export function followChanges({
  store,
  local,
  log,
  runner,
}: Pick<Parts, 'store' | 'local' | 'log'> & {
  readonly runner: Pick<Runner, 'rename'>;
}): () => void {
  let isOurs = false;
  const failed = (err: unknown) => log.warn({ err }, 'failed to rename a conversation');
  store.observe({
    committed: ({ changes }) => {
      // The news of this commit come right after this. It is known what is in it, so nobody needs to look.
      isOurs = true;
      queueMicrotask(() => {
        isOurs = false;
      });
      for (const { session, events } of changes) {
        const updates = events.filter((event) => event.type === 'session_updated');
        if (updates.length > 0) void local.get(session.id)?.process?.follow(session);
        const name = updates.findLast((event) => event.changes.name !== undefined)?.changes.name;
        if (name !== undefined) void runner.rename(uuidOf(session.id), name).catch(failed);
      }
    },
  });
  return store.subscribe(({ sessions }) => {
    // With 'any', the database was opened anew: others may have written meanwhile.
    if (isOurs && sessions !== 'any') return;
    for (const process of local.processes()) {
      if (sessions === 'any' || sessions.has(process.id)) void look(process, { store, log });
    }
  });
}

type Follower = {
  readonly id: string;
  readonly principal: string;
  follow(session: Session): Promise<void>;
};

/** Has a process go by the session as it is now. Never rejects. */
export async function look(
  process: Follower,
  { store, log }: Pick<Parts, 'store' | 'log'>,
): Promise<void> {
  const { id, principal } = process;
  try {
    const session = await store.session(principal, id);
    if (session !== undefined) await process.follow(session);
  } catch (error) {
    log.error({ sessionId: id, err: error }, 'failed to look for changes of a session');
  }
}
