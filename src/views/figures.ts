/** Times, amounts and paths as people read them. */

import { homedir } from 'node:os';
import { isInside } from '../paths.ts';
import type { ContextUse, Usage } from '../session/event.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `now`, `12s ago`, `3m ago`, `2h ago`, `5d ago`. */
export function ago(ms: number): string {
  if (ms < 2 * SECOND) return 'now';
  const units = [
    [DAY, 'd'],
    [HOUR, 'h'],
    [MINUTE, 'm'],
  ] as const;
  const [unit, letter] = units.find(([least]) => ms >= least) ?? [SECOND, 's'];
  return `${Math.floor(ms / unit)}${letter} ago`;
}

/** `0.4 s`, `28 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function duration(ms: number): string {
  if (ms < 10 * SECOND) return `${(ms / SECOND).toFixed(1)} s`;
  if (ms < MINUTE) return `${Math.round(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ${Math.floor((ms % MINUTE) / SECOND)} s`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h ${Math.floor((ms % HOUR) / MINUTE)} min`;
  return `${Math.floor(ms / DAY)} d ${Math.floor((ms % DAY) / HOUR)} h`;
}

/** The local date, such as `2026-03-09`. */
export function localDate(epochMs: number): string {
  const at = new Date(epochMs);
  return [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-');
}

/** The local time of day, such as `14:05:09`. */
export function clockTime(epochMs: number): string {
  const at = new Date(epochMs);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
}

export function localTime(epochMs: number): string {
  return `${localDate(epochMs)} ${clockTime(epochMs)}`;
}

/** Exact to a cent; below ten cents, to a hundredth of one. */
export function dollars(usd: number): string {
  const digits = usd === 0 || usd >= 0.1 ? 2 : 4;
  return `$${usd.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })}`;
}

/** Whole cents, for a column. */
export function cents(usd: number): string {
  return usd > 0 && usd < 0.005 ? '<$0.01' : `$${usd.toFixed(2)}`;
}

export function count(n: number): string {
  return n.toLocaleString('en-US');
}

export function counted(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** Input includes what came from the cache. */
export function tokensText(usage: Usage): string {
  const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = usage;
  const read = inputTokens + cacheReadTokens + cacheWriteTokens;
  return `${count(read)} in, ${count(outputTokens)} out`;
}

/** `52,300 of 200,000 tokens (26 %)`. */
export function contextText({ tokens, window }: ContextUse): string {
  return `${count(tokens)} of ${count(window)} tokens (${Math.round((100 * tokens) / window)} %)`;
}

export function usageText(usage: Usage): string {
  return `tokens ${tokensText(usage)}; ${dollars(usage.costUsd)}`;
}

/** `75 MiB`; ten GiB and more in GiB. */
export function sizeText(n: number): string {
  const mib = Math.floor(n / 1024 ** 2);
  return mib < 10 * 1024 ? `${count(mib)} MiB` : `${count(Math.floor(mib / 1024))} GiB`;
}

/** The path with the home directory as `~`. */
export function tildePath(path: string): string {
  const home = homedir();
  return home.length > 1 && isInside(path, home) ? `~${path.slice(home.length)}` : path;
}

function two(n: number): string {
  return String(n).padStart(2, '0');
}
