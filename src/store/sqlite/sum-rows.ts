/** The sums as rows, changed with every write of a session so that reading them is one row. */

import { SUM_MAX, SUM_USD_MAX, TURN_TOKENS_MAX, TURN_USD_MAX } from '../../limits.ts';
import type { UsageByModel } from '../../session/event.ts';
import { METRIC_NAMES, type Metrics, NO_METRICS, PRINCIPAL_SCOPE } from '../../session/metrics.ts';
import { soundUsageByModel } from '../../session/usage.ts';
import type { Sums } from '../store.ts';
import { changed, type SumChange } from '../sums.ts';
import { jsonOf, numberOf, type Row, type Sql } from './sql.ts';

/**
 * Earlier versions stored what the API said, and SQLite's driver throws at a whole number of 2^53 or more. Such a
 * figure is read as the bound of a turn; the next write corrects the row.
 */
function soundColumn(name: keyof Metrics): string {
  const [most, instead] =
    name === 'costUsd' ? [SUM_USD_MAX, TURN_USD_MAX] : [SUM_MAX, TURN_TOKENS_MAX];
  return `iif(${name} > ${most}, ${instead}, max(${name}, 0))`;
}

const OF_SCOPE = 'FROM metrics WHERE principal = ? AND scope = ?';
const SOUND_COLUMNS = METRIC_NAMES.map((name) => `${soundColumn(name)} AS ${name}`).join(', ');
const SELECT_SOUND = `SELECT ${SOUND_COLUMNS} ${OF_SCOPE}`;
const SELECT_ALL = `SELECT usage_by_model, ${SOUND_COLUMNS} ${OF_SCOPE}`;
const REPLACE = `INSERT OR REPLACE INTO metrics
  (principal, scope, usage_by_model, ${METRIC_NAMES.join(', ')})
  VALUES (?, ?, ?${', ?'.repeat(METRIC_NAMES.length)})`;

export function readSums(sql: Sql, principal: string, scope: string): Sums {
  const row = sql.get(SELECT_ALL, principal, scope);
  const usageByModel = row && soundUsageByModel(jsonOf<UsageByModel>(row, 'usage_by_model'));
  return { metrics: metricsOf(row), usageByModel: usageByModel ?? {} };
}

/** Readable even if the usage by model is damaged. */
export function readMetrics(sql: Sql, principal: string, scope: string): Metrics {
  return metricsOf(sql.get(SELECT_SOUND, principal, scope));
}

function metricsOf(row: Row | undefined): Metrics {
  if (row === undefined) return NO_METRICS;
  const sums: Record<keyof Metrics, number> = { ...NO_METRICS };
  for (const name of METRIC_NAMES) sums[name] = numberOf(row, name);
  return sums;
}

/** Steps from one principal to the next along the key, past their tasks and MCP sessions. */
export const PRINCIPALS = `
  WITH RECURSIVE names (name) AS (
    SELECT min(principal) FROM metrics
    UNION ALL
    SELECT (SELECT min(principal) FROM metrics WHERE principal > name) FROM names
    WHERE name IS NOT NULL
  )`;

/** `total` adds without overflow; what it returns is exact up to the bound. */
function totalColumn(name: keyof Metrics): string {
  const total = `total(${soundColumn(name)})`;
  return name === 'costUsd'
    ? `min(${total}, ${SUM_USD_MAX}) AS ${name}`
    : `CAST(min(${total}, ${SUM_MAX}) AS INTEGER) AS ${name}`;
}

const TOTALS = `${PRINCIPALS}
  SELECT ${METRIC_NAMES.map(totalColumn).join(', ')}
  FROM names JOIN metrics ON principal = name AND scope = ?`;

export function readTotals(sql: Sql): Metrics {
  return metricsOf(sql.get(TOTALS, PRINCIPAL_SCOPE));
}

/** The sums as the jobs of one transaction change them: each is read and written once, however many jobs change it. */
export class SumBook {
  readonly #sql: Sql;
  readonly #sums = new Map<string, Entry>();
  /** What each change has replaced. */
  readonly #undo: Entry[] = [];

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  change(changes: readonly SumChange[]): void {
    for (const change of changes) {
      const { principal, scope } = change;
      const before = this.#sums.get(keyOf(change)) ?? {
        principal,
        scope,
        sums: readSums(this.#sql, principal, scope),
      };
      this.#undo.push(before);
      this.#sums.set(keyOf(change), { ...before, sums: changed(before.sums, change) });
    }
  }

  /** A place to go back to. */
  get mark(): number {
    return this.#undo.length;
  }

  goBack(mark: number): void {
    for (const entry of this.#undo.splice(mark).reverse()) this.#sums.set(keyOf(entry), entry);
  }

  write(): void {
    for (const { principal, scope, sums } of this.#sums.values()) {
      // Tasks and MCP sessions come and go; their sums must not stay behind.
      if (sums.metrics.totalSessions === 0) {
        this.#sql.run('DELETE FROM metrics WHERE principal = ? AND scope = ?', principal, scope);
        continue;
      }
      const values = METRIC_NAMES.map((name) => sums.metrics[name]);
      this.#sql.run(REPLACE, principal, scope, JSON.stringify(sums.usageByModel), ...values);
    }
  }
}

type Entry = Pick<SumChange, 'principal' | 'scope'> & { readonly sums: Sums };

function keyOf({ principal, scope }: Pick<SumChange, 'principal' | 'scope'>): string {
  return JSON.stringify([principal, scope]);
}
