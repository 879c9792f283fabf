/**
 * The figures of `/metrics`. Counters and histograms cover what this server has done since it started. Gauges describe
 * the state directory and are read for each scrape. Every label has a bounded set of values. Loaded only if `/metrics`
 * is served.
 */

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { MODELS_PER_SUM_MAX } from '../limits.ts';
import { type EventTable, handleEvent, ignoring, type Turn, type Usage } from '../session/event.ts';
import type { Metrics } from '../session/metrics.ts';
import { OTHER_MODELS } from '../session/usage.ts';
import type { Commit } from '../store/store.ts';
import { durationOf, elapsed } from './journal.ts';
import type { Telemetry, ToolCall } from './telemetry.ts';

/** What the gauges show. */
export type State = {
  readonly totals: Metrics;
  readonly liveProcesses: number;
  readonly maxLive: number;
};

const PREFIX = 'claude_sessions_';

const MODEL_NAME = /^[\w.:@/[\]-]{1,64}$/;

/** Seconds. */
const COMMIT_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];
const CALL_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15, 60];
const WAIT_BUCKETS = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 1800, 3600];

export class Prometheus implements Telemetry {
  readonly contentType: string;
  readonly #registry = new Registry();
  readonly #models = new Set<string>();
  readonly #counters = countersIn(this.#registry);
  readonly #times = timesIn(this.#registry);
  readonly #gauges = gaugesIn(this.#registry);
  readonly #handlers: EventTable<void> = {
    prompt_cancelled: () => this.#counters.turns.inc({ outcome: 'cancelled' }),
    turn_started: ({ turn: { origin, queuedAt, startedAt } }) => {
      if (origin === 'prompt') this.#times.queueWait.observe(elapsed(queuedAt, startedAt) / 1000);
    },
    turn_ended: ({ turn }) => this.#countEnd(turn),
    permission_answered: ({ request: { state, createdAt, answeredAt } }) =>
      this.#times.permissionWait.observe({ outcome: state }, elapsed(createdAt, answeredAt) / 1000),
    ...ignoring(
      'session_created',
      'session_tied',
      'session_updated',
      'session_error',
      'session_ended',
      'task_linked',
      'task_unlinked',
      'prompt_queued',
      'text',
      'tool_use',
      'tool_result',
      'notice',
      'permission_requested',
    ),
  };

  constructor(version: string) {
    this.contentType = this.#registry.contentType;
    collectDefaultMetrics({ register: this.#registry });
    this.#gauges.build.set({ version }, 1);
  }

  committed({ changes, durationMs }: Commit): void {
    this.#times.commit.observe(durationMs / 1000);
    for (const { events } of changes)
      for (const event of events) handleEvent(this.#handlers, event);
  }

  toolCalled({ tool, outcome, durationMs }: ToolCall): void {
    this.#counters.requests.inc({ tool, outcome });
    this.#times.request.observe({ tool }, durationMs / 1000);
  }

  /** The text of `/metrics`. */
  text({ totals, liveProcesses, maxLive }: State): Promise<string> {
    const { sessions, queuedTurns, pendingPermissions, live, liveMax } = this.#gauges;
    const { activeSessions, busySessions, errorSessions, endedSessions, totalSessions } = totals;
    const initializing = totalSessions - activeSessions - errorSessions - endedSessions;
    sessions.set({ status: 'initializing' }, initializing);
    sessions.set({ status: 'ready' }, activeSessions - busySessions);
    sessions.set({ status: 'busy' }, busySessions);
    sessions.set({ status: 'error' }, errorSessions);
    sessions.set({ status: 'terminated' }, endedSessions);
    queuedTurns.set(totals.queuedTurns);
    pendingPermissions.set(totals.pendingPermissions);
    live.set(liveProcesses);
    liveMax.set(maxLive);
    return this.#registry.metrics();
  }

  #countEnd(turn: Turn): void {
    const { state, usage, usageByModel } = turn;
    this.#counters.turns.inc({ outcome: state });
    this.#times.turn.observe(durationOf(turn) / 1000);
    const byModel = usageByModel ?? (usage && { [OTHER_MODELS]: usage });
    for (const [model, part] of Object.entries(byModel ?? {})) this.#addUsage(model, part);
  }

  #addUsage(name: string, usage: Usage): void {
    const { tokens, cost } = this.#counters;
    const model = this.#labelOf(name);
    tokens.inc({ model, type: 'input' }, usage.inputTokens);
    tokens.inc({ model, type: 'output' }, usage.outputTokens);
    tokens.inc({ model, type: 'cache_read' }, usage.cacheReadTokens);
    tokens.inc({ model, type: 'cache_write' }, usage.cacheWriteTokens);
    cost.inc({ model }, usage.costUsd);
  }

  /** Callers name the models: only the first ones seen get a label of their own. */
  #labelOf(model: string): string {
    if (this.#models.has(model)) return model;
    if (this.#models.size >= MODELS_PER_SUM_MAX || !MODEL_NAME.test(model)) return OTHER_MODELS;
    this.#models.add(model);
    return model;
  }
}

function countersIn(registry: Registry) {
  const counter = <T extends string>(name: string, help: string, labelNames: readonly T[]) =>
    new Counter<T>({ name: PREFIX + name, help, labelNames, registers: [registry] });
  return {
    turns: counter('turns_total', 'Turns that ended, by outcome.', ['outcome']),
    tokens: counter('tokens_total', 'Tokens used, by model and type.', ['model', 'type']),
    cost: counter('cost_usd_total', 'Cost in US dollars, as reported by Claude Code.', ['model']),
    requests: counter('mcp_requests_total', 'Tool calls answered.', ['tool', 'outcome']),
  };
}

function timesIn(registry: Registry) {
  const seconds = <T extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: readonly T[] = [],
  ) => {
    const named = { name: `${PREFIX}${name}_seconds`, help, labelNames };
    return new Histogram<T>({ ...named, buckets, registers: [registry] });
  };
  return {
    queueWait: seconds('queue_wait', 'Time from a prompt to the start of its turn.', WAIT_BUCKETS),
    turn: seconds('turn_duration', 'Time from the start of a turn to its end.', WAIT_BUCKETS),
    permissionWait: seconds(
      'permission_wait',
      'Time from a permission request to its answer.',
      WAIT_BUCKETS,
      ['outcome'],
    ),
    commit: seconds(
      'store_commit_duration',
      'Time for one durable write to the state database.',
      COMMIT_BUCKETS,
    ),
    request: seconds(
      'mcp_request_duration',
      'Time from a tool call to its answer, including waits.',
      CALL_BUCKETS,
      ['tool'],
    ),
  };
}

function gaugesIn(registry: Registry) {
  const gauge = <T extends string>(name: string, help: string, labelNames: readonly T[] = []) =>
    new Gauge<T>({ name: PREFIX + name, help, labelNames, registers: [registry] });
  return {
    build: gauge('build_info', 'The version of this server.', ['version']),
    sessions: gauge('sessions', 'Sessions in the state directory, by status.', ['status']),
    queuedTurns: gauge('queued_turns', 'Prompts waiting for their turn.'),
    pendingPermissions: gauge('pending_permissions', 'Permission requests waiting for an answer.'),
    live: gauge('live_processes', 'Claude Code processes of all servers on the state directory.'),
    liveMax: gauge('live_processes_max', 'Maximum number of Claude Code processes (--max-live).'),
  };
}
