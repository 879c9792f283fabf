/**
 * The clock for ages: how long a session has been idle, how long ago it ended. Setting the wall clock does not change it.
 * While the machine is up, its uptime carries the clock over restarts of the server. Across a boot, only the wall clock
 * can say how much time has passed; this clock never goes back.
 */

import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { numberOf, type Sql } from './sql.ts';

export type Uptime = {
  /** Identifies the boot of the machine; empty if it cannot be read. */
  readonly bootId: string;
  /** Milliseconds since the boot, including the time the machine slept. */
  elapsedMs(): number;
};

export function systemUptime(): Uptime {
  let read = { at: performance.now(), elapsedMs: uptime() * 1000 };
  const elapsedMs = (): number => {
    const at = performance.now();
    const elapsed = read.elapsedMs + at - read.at;
    if (at - read.at < UPTIME_KEPT_MS) return elapsed;
    // The system may round it down, but the clock must not go back.
    read = { at, elapsedMs: Math.max(elapsed, uptime() * 1000) };
    return read.elapsedMs;
  };
  return { bootId: readBootId(), elapsedMs };
}

/** Reading the uptime takes as long as a few statements. Until the next reading, time that the machine slept is missing. */
const UPTIME_KEPT_MS = 1000;

function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return '';
  }
}

/** Whole milliseconds, close to epoch milliseconds. */
export type SteadyClock = () => number;

/** Continues the clock that is stored in the database, or starts one. */
export function openSteadyClock(sql: Sql, now: () => number, uptime: Uptime): SteadyClock {
  const boot = { bootId: uptime.bootId, elapsedMs: Math.round(uptime.elapsedMs()) };
  const at = sameBoot(sql, boot) ?? newBoot(sql, boot, now());
  return () => at + Math.round(uptime.elapsedMs()) - boot.elapsedMs;
}

type Boot = { readonly bootId: string; readonly elapsedMs: number };

const SELECT = 'SELECT boot_id, elapsed_ms, at FROM steady_clock';

function sameBoot(sql: Sql, boot: Boot): number | undefined {
  const row = sql.get(SELECT);
  if (row === undefined || boot.bootId === '' || row.boot_id !== boot.bootId) return undefined;
  const sinceMs = boot.elapsedMs - numberOf(row, 'elapsed_ms');
  // In a container, the uptime may count from the container's start.
  return sinceMs < 0 ? undefined : numberOf(row, 'at') + sinceMs;
}

/** Checks again under the write lock, because another server may have done the same. */
function newBoot(sql: Sql, boot: Boot, wallMs: number): number {
  sql.run('BEGIN IMMEDIATE');
  try {
    const at = sameBoot(sql, boot) ?? afterBoot(sql, wallMs);
    sql.run('DELETE FROM steady_clock');
    sql.run('INSERT INTO steady_clock VALUES (?, ?, ?)', boot.bootId, boot.elapsedMs, at);
    sql.run('COMMIT');
    return at;
  } catch (error) {
    if (sql.inTransaction) sql.run('ROLLBACK');
    throw error;
  }
}

/**
 * The time of the last activity by this clock, plus what has passed since by the wall clock. The wall clock itself cannot
 * be used: if it was corrected after a start, the two clocks have differed since.
 */
function afterBoot(sql: Sql, wallMs: number): number {
  const started = sql.get(SELECT);
  const before = started === undefined ? Number.NEGATIVE_INFINITY : numberOf(started, 'at');
  const last = sql.get(LAST);
  if (last === undefined) return Math.max(wallMs, before);
  const passedMs = Math.max(0, wallMs - numberOf(last, 'last_activity'));
  return Math.max(before, numberOf(last, 'active_at') + passedMs);
}

/** The last activity by both clocks. Open and ended sessions have an index each. */
const LAST = `SELECT active_at, last_activity FROM (
  SELECT * FROM (
    SELECT active_at, last_activity FROM sessions WHERE ended_at IS NULL ORDER BY active_at DESC LIMIT 1
  ) UNION ALL SELECT * FROM (
    SELECT active_at, last_activity FROM sessions WHERE ended_at IS NOT NULL ORDER BY active_at DESC LIMIT 1
  )
) WHERE active_at IS NOT NULL ORDER BY active_at DESC LIMIT 1`;
