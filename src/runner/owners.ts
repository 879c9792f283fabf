/**
 * Server processes as owners of sessions. An owner's name says which process it is, so that another
 * server on the same machine can see whether it still lives, without asking it.
 */

import { readlinkSync } from 'node:fs';
import { bootId, lookAt, startTimeOf } from './process-table.ts';

/**
 * `stopped`: it lives, but somebody holds it (SIGSTOP, a debugger); seen on Linux only. `gone`: the operating system
 * has no such process. `unknown`: everything else. It may live where we cannot look (another container, another kernel
 * under gVisor or Kata), or we cannot look now (no file descriptor left); only its lease tells.
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
  const place = placeOf(bootId(), pidNamespace());
  const self = [id, process.pid, place, startTimeOf(process.pid) ?? ''].join(SEPARATOR);
  return {
    self,
    stateOf: (owner) => {
      if (owner === self) return 'self';
      const [, pid, boot, namespace, ...rest] = owner.split(SEPARATOR);
      // Of a machine that was booted anew, and of a sandbox beside us, we see the same: another boot.
      if (placeOf(boot, namespace) !== place || !isKnown(place)) return 'unknown';
      return stateOfProcess(Number(pid), rest.join(SEPARATOR));
    },
  };
}

/** Where a process id means something: one kernel, and one PID namespace in it; containers have one each. */
function placeOf(boot = '', namespace = ''): string {
  return boot + SEPARATOR + namespace;
}

/** Two processes that could not find out where they are need not be at the same place. */
function isKnown(place: string): boolean {
  return process.platform !== 'linux' || !place.split(SEPARATOR).includes('');
}

function stateOfProcess(pid: number, startTime: string): OwnerState {
  const seen = lookAt(pid);
  if (typeof seen === 'string') return seen;
  // It could not tell its own start time.
  if (startTime === '') return 'unknown';
  if (seen.startTime !== startTime) return 'gone';
  return seen.isStopped ? 'stopped' : 'alive';
}

/** Empty if the system has none, or if it cannot be read. */
function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');
  } catch {
    return '';
  }
}
