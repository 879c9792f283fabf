/**
 * Server processes as owners of sessions. An owner's name identifies its process, so that another server on the same
 * machine can see whether it is alive without asking it.
 */

import { clientOf } from './client-process.ts';
import {
  bootId,
  createLooks,
  OWN_SYSTEM,
  pidNamespace,
  type Seen,
  type System,
  startTimeOf,
} from './process-table.ts';

/**
 * `stopped`: it is alive but stopped (SIGSTOP, a debugger). `gone`: the operating system has no such
 * process. `unknown`: everything else. It may be alive where we cannot see it (another container, another kernel under
 * gVisor or Kata), or we cannot look now (no file descriptor left). Then only its lease tells.
 */
export type OwnerState = 'self' | 'alive' | 'stopped' | 'gone' | 'unknown';

export type Owners = {
  /** The name of this process. */
  readonly self: string;
  stateOf(owner: string): OwnerState;
  /** Whether one client process has started both that server and this one. False if that cannot be determined. */
  isOfSameClient(owner: string): boolean;
};

const SEPARATOR = '/';

/** @param id unique for this process, without a slash */
export function createOwners(id: string, system: System = OWN_SYSTEM): Owners {
  // What a process id is relative to: a kernel and a PID namespace in it. Each container has its own.
  const [boot, namespace] = [bootId(system) ?? '', namespaceId(system)];
  // Two processes that could not read theirs may have different ones.
  const isKnown = system !== 'linux' || (boot !== '' && namespace !== '');
  const startTime = startTimeOf(process.pid, system) ?? '';
  const self = [id, process.pid, boot, namespace, startTime].join(SEPARATOR);
  const look = createLooks(system);
  const stateOf = (owner: string): OwnerState => {
    if (owner === self) return 'self';
    const [, pid, itsBoot, itsNamespace, ...itsStart] = owner.split(SEPARATOR);
    // A reboot of this machine and another sandbox look the same: another boot id.
    if (!isKnown || itsBoot !== boot || itsNamespace !== namespace) return 'unknown';
    return stateIn(look(Number(pid)), itsStart.join(SEPARATOR));
  };
  /** Who has started a server never changes, and with `ps` it takes long to find out. */
  const clients = new Map<string, string>();
  const startedBy = (owner: string): string | undefined => {
    const client = clients.get(owner) ?? clientOf(pidOf(owner), system);
    if (client !== undefined) clients.set(owner, client);
    return client;
  };
  const isOfSameClient = (owner: string): boolean => {
    // Only a living process is known to be the one of that number.
    if (!['self', 'alive', 'stopped'].includes(stateOf(owner))) return false;
    const ours = startedBy(self);
    return ours !== undefined && startedBy(owner) === ours;
  };
  return { self, stateOf, isOfSameClient };
}

/** The process id of an owner, as it is called in its own PID namespace. */
export function pidOf(owner: string): number {
  return Number(owner.split(SEPARATOR)[1]);
}

function stateIn(seen: Seen | 'gone' | 'unknown', startTime: string): OwnerState {
  if (typeof seen === 'string') return seen;
  // The owner could not read its own start time.
  if (startTime === '') return 'unknown';
  if (seen.startTime !== startTime) return 'gone';
  return seen.isStopped ? 'stopped' : 'alive';
}

/** Empty if the system has none, or if it cannot be read. */
function namespaceId(system: System): string {
  try {
    return pidNamespace(system)?.replace(/\D/g, '') ?? '';
  } catch {
    return '';
  }
}
