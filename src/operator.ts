/**
 * The composition root of the commands: what the operator of a state directory reads and ends beside the servers. It
 * serves nobody, starts no Claude Code and settles nothing but what it is told to end.
 */

import { v4 as uuid } from 'uuid';
import type { Settings } from './config.ts';
import { LEASE_TIMES, STORE_POLL_MS } from './limits.ts';
import type { Logger } from './log.ts';
import { createOwners } from './runner/owners.ts';
import { killTree } from './runner/process.ts';
import { removeScratch, scratchDirectoryOf } from './runner/scratch.ts';
import { Gate } from './service/access.ts';
import { JumpWatch, systemClock } from './service/clock.ts';
import { Overview } from './service/overview.ts';
import { Presence } from './service/presence.ts';
import { Recovery } from './service/recovery.ts';
import { Room } from './service/room.ts';
import { Runs, type RunsDeps } from './service/runs.ts';
import { Sessions, type SessionsDeps } from './service/sessions.ts';
import { Waiters } from './service/waiters.ts';
import { SESSION_ID_PREFIX, type Session } from './session/session.ts';
import { openSqliteStore } from './store/sqlite.ts';
import { openInspection } from './store/sqlite-inspection.ts';
import type { Store } from './store/store.ts';

/** Undefined where there is no state yet. Writes nothing. */
export async function openOverview({ stateDir }: Settings): Promise<Overview | undefined> {
  const inspection = await openInspection(stateDir);
  return inspection && new Overview(inspection);
}

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
const NO_SCHEDULER: RunsDeps['scheduler'] & SessionsDeps['scheduler'] = {
  live: () => undefined,
  isLive: () => false,
  placed: async () => {},
  stop: async () => {},
  whileStopped: (_sessionId, work) => work(),
  poke: () => {},
};

function assembleEnding(deps: EndDeps & { readonly store: Store }) {
  const { settings, log, store } = deps;
  const clock = systemClock();
  const owners = createOwners(uuid());
  const jumps = new JumpWatch(clock, LEASE_TIMES.leaseMs);
  const waiters = new Waiters(store);
  const presence = new Presence(store, owners);
  const gate = new Gate(store, presence);
  const scheduler = NO_SCHEDULER;
  const base = { store, clock, jumps, owners, waiters, presence, gate, log, killTree, newId: uuid };
  const recovery = new Recovery({ ...base, isLive: scheduler.isLive, freed: scheduler.poke });
  const runs = new Runs({ ...base, scheduler, recovery });
  const room = new Room({ store, ...settings });
  const sessions = new Sessions({ ...base, ...settings, scheduler, runs, room });
  const close = (): void => {
    runs.close();
    waiters.close();
  };
  return { sessions, close };
}
