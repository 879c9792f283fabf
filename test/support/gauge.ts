/** What a server's process holds, as the operating system counts it: 0 once it is gone. */

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const KIB_PER_MIB = 1024;

/** Resident memory. */
export const residentMib = (pid: number): number => mibOf(pid, 'VmRSS');

/** Peak resident memory. Outside of Linux, only what it is now. */
export const mostMib = (pid: number): number => mibOf(pid, 'VmHWM');

export function descriptors(pid: number): number {
  if (process.platform !== 'linux') return linesOf('lsof', ['-w', '-p', String(pid)]).length;
  const path = `/proc/${pid}/fd`;
  return existsSync(path) ? readdirSync(path).length : 0;
}

/** What it has asked the system to read so far, from files as from pipes. Linux only. */
export function readMib(pid: number): number {
  const [, bytes] = /^rchar: (\d+)/.exec(readFileSync(`/proc/${pid}/io`, 'utf8')) ?? [];
  return Math.round(Number(bytes) / KIB_PER_MIB / KIB_PER_MIB);
}

function mibOf(pid: number, name: string): number {
  if (process.platform !== 'linux') {
    const [kib = '0'] = linesOf('ps', ['-o', 'rss=', '-p', String(pid)]);
    return Math.round(Number(kib) / KIB_PER_MIB);
  }
  const path = `/proc/${pid}/status`;
  const status = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const [, kib] = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status) ?? [];
  return Math.round(Number(kib ?? 0) / KIB_PER_MIB);
}

function linesOf(command: string, args: readonly string[]): readonly string[] {
  const { stdout } = spawnSync(command, args, { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line !== '');
}
