/**
 * The composition root of the command `end`: ends a session without being a server. Starts no process, and takes over no
 * session but the one to end.
 */

import { randomUUID } from 'node:crypto';
import type { Settings } from './config.ts';
import { LEASE_TIMES, STORE_POLL_MS } from './limits.ts';
import type { Logger } from './log.ts';
import { createOwners } from './runner/owners.ts';
import { killTree } from './runner/process.ts';
import { removeScratch, scratchDirectoryOf } from './runner/scratch.ts';
import { systemClock } from './service/clock.ts';
import { createCore } from './service/core.ts';
import { SESSION_ID_PREFIX, type Session } from './session/session.ts';
import { openSqliteStore } from './store/sqlite/store.ts';
import type { Store } from './store/store.ts';

export type EndDeps = {
  readonly settings: Settings;
  readonly log: Logger;
};

/**
 * Ends a session of any principal, by an order to the server that runs it if there is one. Returns after its last process
 * is gone.
 *
 * @returns `ended` is false if it had ended before
 */
export async function endSession(
  deps: EndDeps,
  { id, principal }: Session,
  reason: string,
): Promise<{ session: Session; ended: boolean }> {
  const { settings, log } = deps;
  const store = await openSqliteStore({ directory: settings.stateDir, log });
  const { sessions, close } = assembleEnding({ ...deps, store });
  // The waits of the service keep no process alive; in a server, the transport does.
  const alive = setInterval(() => {}, STORE_POLL_MS);
  try {
    // As its principal and without an MCP session, so that no tie prevents it.
    const ended = await sessions.end({ principal, mcpSessionId: null }, id, reason);
    await removeScratch(scratchDirectoryOf(settings.stateDir), id.slice(SESSION_ID_PREFIX.length));
    return ended;
  } finally {
    clearInterval(alive);
    close();
    await store.close();
  }
}

function assembleEnding(deps: EndDeps & { readonly store: Store }) {
  const { settings } = deps;
  const clock = systemClock();
  const owners = createOwners(randomUUID());
  const { leaseMs } = LEASE_TIMES;
  const { sessions, control, waiters } = createCore({
    ...deps,
    ...{ clock, owners, leaseMs, settings, killTree, newId: randomUUID },
  });
  const close = (): void => {
    control.close();
    waiters.close();
  };
  return { sessions, close };
}
