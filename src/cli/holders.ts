/** Which servers there are on a state directory, and which sessions have none that works on them. */

import { randomUUID } from 'node:crypto';
import { createOwners, type OwnerState, pidOf } from '../runner/owners.ts';
import type { Session } from '../session/session.ts';
import type { Inspection } from '../store/inspection.ts';
import type { ServerEntry } from '../store/peers.ts';
import type { Lease } from '../store/store.ts';

export type SeenServer = Partial<ServerEntry> & {
  readonly owner: string;
  readonly pid: number | undefined;
  readonly state: Exclude<OwnerState, 'self'>;
};

export type Holders = {
  /** Those that are gone too, as long as they have left something behind. */
  readonly servers: readonly SeenServer[];
  leaseOf(session: Session): Lease | undefined;
  serverOf(session: Session): SeenServer | undefined;
  /**
   * Whether the session has a turn to run and no server that runs it. A server that cannot be seen from here, for example
   * in another container, may be alive as long as it renews its leases.
   */
  isAbandoned(session: Session): boolean;
};

/** @param now epoch milliseconds */
export async function readHolders(inspection: Inspection, now: number): Promise<Holders> {
  const [entries, connections, leases] = await Promise.all([
    inspection.servers(),
    inspection.connections(),
    inspection.leases(),
  ]);
  // Servers of earlier versions have no entry.
  const owners = [
    ...connections.map(({ owner }) => owner),
    ...leases.map(({ fence }) => fence.owner),
  ];
  const all = new Map<string, Partial<ServerEntry>>(owners.map((owner) => [owner, {}]));
  for (const entry of entries) all.set(entry.owner, entry);
  const { stateOf } = createOwners(randomUUID());
  const servers = [...all].map(([owner, entry]): SeenServer => {
    const state = stateOf(owner);
    const pid = pidOf(owner);
    return {
      ...entry,
      owner,
      pid: Number.isNaN(pid) ? undefined : pid,
      state: state === 'self' ? 'alive' : state,
    };
  });
  return holdersOf(servers, leases, now);
}

function holdersOf(servers: readonly SeenServer[], leases: readonly Lease[], now: number): Holders {
  const leaseBy = new Map(leases.map((lease) => [lease.fence.sessionId, lease]));
  const serverBy = new Map(servers.map((server) => [server.owner, server]));
  const isAnyLeft = servers.some(({ state }) => state !== 'gone');
  const leaseOf = ({ id }: Session) => leaseBy.get(id);
  const serverOf = (session: Session) => serverBy.get(leaseOf(session)?.fence.owner ?? '');
  const isAbandoned = (session: Session): boolean => {
    const { running, queued } = session.turns;
    if (session.status === 'terminated' || running + queued === 0) return false;
    const lease = leaseOf(session);
    if (lease === undefined) return running === 0 && !isAnyLeft;
    const state = serverOf(session)?.state;
    return state === 'gone' || (state === 'unknown' && lease.until <= now);
  };
  return { servers, leaseOf, serverOf, isAbandoned };
}

/** For those who do not ask which servers there are. */
export const NOT_LOOKED: Holders = { ...holdersOf([], [], 0), isAbandoned: () => false };

/** What happens to the sessions of a server that is gone. */
export function settlement({ servers }: Holders): string {
  return servers.some(({ state }) => state === 'alive')
    ? 'another server takes over in a moment'
    : 'the next server that starts takes over';
}
