/** What the server's process holds, as the operating system counts it. Linux only, like what it measures. */

import { readdirSync, readFileSync } from 'node:fs';

const KIB_PER_MIB = 1024;

/** Resident memory in MiB. */
export function residentMib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / KIB_PER_MIB);
}

export function descriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
