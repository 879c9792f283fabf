/**
 * Figures in the words of Prometheus. Counters and histograms say what this server did since it started;
 * gauges say how the state directory stands, and are read when somebody asks. Every label has a bounded
 * set of values. Loaded only where `/metrics` is served.
 */

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { MODELS_PER_SUM_MAX } from '../limits.ts';
import type { SessionEvent, Turn, Usage } from '../session/event.ts';
import type { Metrics } from '../session/metrics.ts';
import { OTHER_MODELS } from '../session/usage.ts';
import type { Commit } from '../store/store.ts';
import { durationOf, queueWaitOf, waitOf } from './journal.ts';
import type { Telemetry, ToolCall } from './telemetry.ts';

/** How the state directory stands. */
export type State = {
  readonly totals: Metrics;
  readonly liveProcesses: number;
  readonly maxLive: number;
};

const PREFIX = 'claude_sessions_';

const MODEL_NAME = /^[\w.:@/[\]-]{1,64}$/;

/** Seconds: of a commit, of a call or a wait in the queue, of work that people wait for. */
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

  constructor(version: string) {
    this.contentType = this.#registry.contentType;
    collectDefaultMetrics({ register: this.#registry });
    this.#gauges.build.set({ version }, 1);
  }

  committed({ changes, durationMs }: Commit): void {
    this.#times.commit.observe(durationMs / 1000);
    for (const { events } of changes) for (const event of events) this.#count(event);
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

  #count(event: SessionEvent): void {
    switch (event.type) {
      case 'prompt_cancelled':
        this.#counters.turns.inc({ outcome: 'cancelled' });
        return;
      case 'turn_started':
        if (event.turn.origin === 'prompt') {
          this.#times.queueWait.observe(queueWaitOf(event.turn) / 1000);
        }
        return;
      case 'turn_ended':
        this.#countEnd(event.turn);
        return;
      case 'permission_answered': {
        const { request } = event;
        this.#times.permissionWait.observe({ outcome: request.state }, waitOf(request) / 1000);
        return;
      }
      default:
    }
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

  /** Callers choose the models: the first ones seen get a label of their own. */
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
    cost: counter('cost_usd_total', 'What Claude Code reported as cost, in US dollars.', ['model']),
    requests: counter('mcp_requests_total', 'Tool calls answered.', ['tool', 'outcome']),
  };
}

function timesIn(registry: Registry) {
  const histogram = <T extends string>(
    name: string,
    help: string,
    shape: { readonly buckets: number[]; readonly labelNames?: readonly T[] },
  ) =>
    new Histogram<T>({ name: `${PREFIX}${name}_seconds`, help, registers: [registry], ...shape });
  return {
    queueWait: histogram('queue_wait', 'From a prompt to the start of its turn.', {
      buckets: WAIT_BUCKETS,
    }),
    turn: histogram('turn_duration', 'From the start of a turn to its end.', {
      buckets: WAIT_BUCKETS,
    }),
    permissionWait: histogram('permission_wait', 'From a permission request to its answer.', {
      buckets: WAIT_BUCKETS,
      labelNames: ['outcome'],
    }),
    commit: histogram('store_commit_duration', 'One durable write of the state database.', {
      buckets: COMMIT_BUCKETS,
    }),
    request: histogram('mcp_request_duration', 'From a tool call to its answer, waits included.', {
      buckets: CALL_BUCKETS,
      labelNames: ['tool'],
    }),
  };
}

function gaugesIn(registry: Registry) {
  const gauge = <T extends string>(name: string, help: string, labelNames: readonly T[] = []) =>
    new Gauge<T>({ name: PREFIX + name, help, labelNames, registers: [registry] });
  return {
    build: gauge('build_info', 'The version of this server.', ['version']),
    sessions: gauge('sessions', 'Sessions in the state directory, by status.', ['status']),
    queuedTurns: gauge('queued_turns', 'Prompts that wait for their turn.'),
    pendingPermissions: gauge('pending_permissions', 'Permission requests that wait.'),
    live: gauge('live_processes', 'Claude Code processes, of all servers on the directory.'),
    liveMax: gauge('live_processes_max', 'How many there may be at once (--max-live).'),
  };
}
