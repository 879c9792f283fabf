/**
 * The composition root of the commands: what the operator of a state directory reads and ends beside the servers. It
 * serves nobody, starts no Claude Code and settles nothing but what it is told to end.
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
 * Ends a session of any principal, wherever it runs: at a server, which is left an order, or nowhere. Returns after its
 * last process is gone.
 *
 * @returns `ended` false where it had ended before
 */
export async function endSession(
  deps: EndDeps,
  { id, principal }: Session,
  reason: string,
): Promise<{ session: Session; ended: boolean }> {
  const { settings, log } = deps;
  const store = await openSqliteStore({ directory: settings.stateDir, log });
  const { sessions, close } = assembleEnding({ ...deps, store });
  // No wait of the service keeps a process alive: a server's transport does that.
  const alive = setInterval(() => {}, STORE_POLL_MS);
  try {
    // As its principal, of no MCP session: whom it is tied to does not hold the operator up.
    const ended = await sessions.end({ principal, mcpSessionId: null }, id, reason);
    await removeScratch(scratchDirectoryOf(settings.stateDir), id.slice(SESSION_ID_PREFIX.length));
    return ended;
  } finally {
    clearInterval(alive);
    close();
    await store.close();
  }
}

/** Nothing runs here, and nothing is to be started. */
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
