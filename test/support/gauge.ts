/** What a server's process holds, as the operating system counts it. Linux only, like what it measures. */

import { readdirSync, readFileSync } from 'node:fs';

const KIB_PER_MIB = 1024;

/** Resident memory. */
export const residentMib = (pid: number): number => mibOf(pid, 'VmRSS');

/** The most that was ever resident. */
export const mostMib = (pid: number): number => mibOf(pid, 'VmHWM');

export function descriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

function mibOf(pid: number, name: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / KIB_PER_MIB);
}
