/** What a server and the commands of the operator share of the use cases. */

import type { Logger } from '../log.ts';
import type { Owners } from '../runner/owners.ts';
import type { ProcessIdentity } from '../session/process.ts';
import type { Store } from '../store/store.ts';
import { Gate } from './access.ts';
import { type Clock, JumpWatch } from './clock.ts';
import { LocalSessions } from './local-sessions.ts';
import type { Policy } from './policy.ts';
import { Presence } from './presence.ts';
import { Recovery } from './recovery.ts';
import { Room } from './room.ts';
import { Runs } from './runs.ts';
import { Sessions } from './sessions.ts';
import { Waiters } from './waiters.ts';

export type CoreDeps = {
  readonly store: Store;
  readonly owners: Owners;
  readonly clock: Clock;
  readonly log: Logger;
  /** Milliseconds. */
  readonly leaseMs: number;
  readonly settings: CoreSettings;
  /** A UUID v4. */
  newId(): string;
  /** Ends a process and all it started, if it is still the same one; false if that may live on. */
  killTree(process: ProcessIdentity): Promise<boolean>;
};

export type CoreSettings = Policy & {
  readonly defaultDirectory: string;
  readonly maxSessions: number;
  readonly maxSessionsPerPrincipal: number;
};

export type Core = ReturnType<typeof createCore>;

export function createCore(deps: CoreDeps) {
  const { store, owners, clock, leaseMs, settings } = deps;
  const local = new LocalSessions();
  const jumps = new JumpWatch(clock, leaseMs);
  const waiters = new Waiters(store);
  const presence = new Presence(store, owners);
  const gate = new Gate(store, presence);
  const recovery = new Recovery({ ...deps, local, jumps });
  const runs = new Runs({ ...deps, local, recovery, waiters });
  const room = new Room({ store, ...settings });
  const sessions = new Sessions({ ...deps, ...settings, gate, local, runs, presence, room });
  return { local, jumps, waiters, presence, gate, recovery, runs, sessions };
}
