/**
 * Server processes as owners of sessions. An owner's name says which process it is, so that another
 * server on the same machine can see whether it still lives, without asking it.
 */

import { readlinkSync } from 'node:fs';
import { bootId, isStopped, startTimeOf } from './process-table.ts';

/**
 * `stopped`: it lives, but somebody holds it (SIGSTOP, a debugger); seen on Linux only. `unknown`: it may
 * live where we cannot look, in another container; only its lease tells.
 */
export type OwnerState = 'self' | 'alive' | 'stopped' | 'gone' | 'unknown';

export type Owners = {
  /** The name of this process. */
  readonly self: string;
  stateOf(owner: string): OwnerState;
};

const SEPARATOR = '/';

/** @param id unique for this process, without a slash */
export function createOwners(id: string): Owners {
  const here = pidNamespace();
  const boot = bootId();
  const startTime = startTimeOf(process.pid) ?? '';
  const self = [id, process.pid, boot, here, startTime].join(SEPARATOR);
  return {
    self,
    stateOf: (owner) => {
      if (owner === self) return 'self';
      const [, pid, ownerBoot, namespace, ...rest] = owner.split(SEPARATOR);
      if (ownerBoot !== boot) return 'gone';
      if (namespace !== here) return 'unknown';
      if (startTimeOf(Number(pid)) !== rest.join(SEPARATOR)) return 'gone';
      return isStopped(Number(pid)) ? 'stopped' : 'alive';
    },
  };
}

/** Process ids mean something only inside one namespace; containers on one machine have one each. */
function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');
  } catch {
    return '';
  }
}
