/** The metric sums, kept with every change of a session so that reading them is one row. */

import { SUM_MAX, SUM_USD_MAX, TURN_TOKENS_MAX, TURN_USD_MAX } from '../limits.ts';
import type { UsageByModel } from '../session/event.ts';
import {
  combine,
  contributionOf,
  differenceOf,
  METRIC_NAMES,
  type Metrics,
  mcpSessionScope,
  NO_METRICS,
  PRINCIPAL_SCOPE,
  scopesOf,
} from '../session/metrics.ts';
import type { Session } from '../session/session.ts';
import { addUsageByModel, soundUsageByModel, subtractUsageByModel } from '../session/usage.ts';
import { jsonOf, numberOf, type Row, type Sql } from './sql.ts';
import type { Sums } from './store.ts';

/**
 * Earlier versions stored what the API said, and SQLite's driver throws at a whole number of 2^53 or more. Such a
 * figure is read as the bound of a turn; the next write mends the row.
 */
function soundColumn(name: keyof Metrics): string {
  const [most, instead] =
    name === 'costUsd' ? [SUM_USD_MAX, TURN_USD_MAX] : [SUM_MAX, TURN_TOKENS_MAX];
  return `iif(${name} > ${most}, ${instead}, max(${name}, 0))`;
}

const SELECT = `SELECT ${METRIC_NAMES.map((name) => `${soundColumn(name)} AS ${name}`).join(', ')}
  FROM metrics WHERE principal = ? AND scope = ?`;
const REPLACE = `INSERT OR REPLACE INTO metrics
  (principal, scope, usage_by_model, ${METRIC_NAMES.join(', ')})
  VALUES (?, ?, ?${', ?'.repeat(METRIC_NAMES.length)})`;

const NOTHING: Sums = { metrics: NO_METRICS, usageByModel: {} };

export function readMetrics(sql: Sql, principal: string, scope: string): Metrics {
  return metricsOf(sql.get(SELECT, principal, scope));
}

export function readSums(sql: Sql, principal: string, scope: string): Sums {
  return {
    metrics: readMetrics(sql, principal, scope),
    usageByModel: readUsageByModel(sql, principal, scope),
  };
}

function readUsageByModel(sql: Sql, principal: string, scope: string): UsageByModel {
  const row = sql.get(
    'SELECT usage_by_model FROM metrics WHERE principal = ? AND scope = ?',
    principal,
    scope,
  );
  return row === undefined ? {} : soundUsageByModel(jsonOf<UsageByModel>(row, 'usage_by_model'));
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

/** A scope that the session has entered gets all it counts for, one that it has left loses it. */
export function updateMetrics(sql: Sql, before: Session | undefined, after: Session): void {
  const was = before === undefined ? NOTHING : sumsOf(before);
  const is = sumsOf(after);
  const left = new Set(before === undefined ? [] : scopesOf(before));
  // Asked once: a session may be linked to a thousand tasks, and most of what is written counts nowhere.
  const isCounted = differenceOf(is.metrics, was.metrics) !== undefined;
  for (const scope of scopesOf(after)) {
    const stays = left.delete(scope);
    if (!stays || isCounted) replace(sql, { ...after, scope }, stays ? was : NOTHING, is);
  }
  for (const scope of left) replace(sql, { ...after, scope }, was, NOTHING);
}

function sumsOf(session: Session): Sums {
  return { metrics: contributionOf(session), usageByModel: session.usageByModel ?? {} };
}

/**
 * Takes a session that is to be forgotten out of its MCP session's sums, which nobody can ask for any
 * more. What it counts for its principal and its tasks stays.
 */
export function leaveMcpScope(sql: Sql, session: Session): void {
  if (session.mcpSessionId === null) return;
  const scope = mcpSessionScope(session.mcpSessionId);
  replace(sql, { ...session, scope }, sumsOf(session), NOTHING);
}

type Scope = { readonly principal: string; readonly scope: string };

/** Counts what is now in the place of what was before. */
function replace(sql: Sql, { principal, scope }: Scope, was: Sums, is: Sums): void {
  const change = differenceOf(is.metrics, was.metrics);
  if (change === undefined) return;
  const sums = combine(readMetrics(sql, principal, scope), change);
  // Tasks and MCP sessions come and go; their scopes must not stay behind.
  if (sums.totalSessions === 0) {
    sql.run('DELETE FROM metrics WHERE principal = ? AND scope = ?', principal, scope);
  } else {
    const before = readUsageByModel(sql, principal, scope);
    // By what differs, and not by the whole: a sum at its bound would lose what it does not take in first.
    const grown = subtractUsageByModel(is.usageByModel, was.usageByModel);
    const gone = subtractUsageByModel(was.usageByModel, is.usageByModel);
    const byModel = subtractUsageByModel(addUsageByModel(before, grown), gone);
    const values = METRIC_NAMES.map((name) => sums[name]);
    sql.run(REPLACE, principal, scope, JSON.stringify(byModel), ...values);
  }
}
