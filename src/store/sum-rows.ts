/** The sums as rows, changed with every write of a session so that reading them is one row. */

import { SUM_MAX, SUM_USD_MAX, TURN_TOKENS_MAX, TURN_USD_MAX } from '../limits.ts';
import type { UsageByModel } from '../session/event.ts';
import { METRIC_NAMES, type Metrics, NO_METRICS, PRINCIPAL_SCOPE } from '../session/metrics.ts';
import { soundUsageByModel } from '../session/usage.ts';
import { jsonOf, numberOf, type Row, type Sql } from './sql.ts';
import type { Sums } from './store.ts';
import { changed, type SumChange } from './sums.ts';

/**
 * Earlier versions stored what the API said, and SQLite's driver throws at a whole number of 2^53 or more. Such a
 * figure is read as the bound of a turn; the next write corrects the row.
 */
function soundColumn(name: keyof Metrics): string {
  const [most, instead] =
    name === 'costUsd' ? [SUM_USD_MAX, TURN_USD_MAX] : [SUM_MAX, TURN_TOKENS_MAX];
  return `iif(${name} > ${most}, ${instead}, max(${name}, 0))`;
}

const SOUND_COLUMNS = METRIC_NAMES.map((name) => `${soundColumn(name)} AS ${name}`).join(', ');
const SELECT = `SELECT ${SOUND_COLUMNS} FROM metrics WHERE principal = ? AND scope = ?`;
const SELECT_ALL = `SELECT ${SOUND_COLUMNS}, usage_by_model FROM metrics WHERE principal = ? AND scope = ?`;
const REPLACE = `INSERT OR REPLACE INTO metrics
  (principal, scope, usage_by_model, ${METRIC_NAMES.join(', ')})
  VALUES (?, ?, ?${', ?'.repeat(METRIC_NAMES.length)})`;

export function readSums(sql: Sql, principal: string, scope: string): Sums {
  const row = sql.get(SELECT_ALL, principal, scope);
  return {
    metrics: metricsOf(row),
    usageByModel: row ? soundUsageByModel(jsonOf<UsageByModel>(row, 'usage_by_model')) : {},
  };
}

/** Readable even if the usage by model is damaged. */
export function readMetrics(sql: Sql, principal: string, scope: string): Metrics {
  return metricsOf(sql.get(SELECT, principal, scope));
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

export function changeSums(sql: Sql, changes: readonly SumChange[]): void {
  for (const change of changes) {
    const { principal, scope } = change;
    const sums = changed(readSums(sql, principal, scope), change);
    if (sums === undefined) {
      sql.run('DELETE FROM metrics WHERE principal = ? AND scope = ?', principal, scope);
      continue;
    }
    const values = METRIC_NAMES.map((name) => sums.metrics[name]);
    sql.run(REPLACE, principal, scope, JSON.stringify(sums.usageByModel), ...values);
  }
}
