import { expect, test } from 'vitest';
import { MODELS_PER_SUM_MAX } from '../../src/limits.ts';
import type { SessionEvent, Turn, TurnState, Usage } from '../../src/session/event.ts';
import { NO_METRICS } from '../../src/session/metrics.ts';
import { applyCreated } from '../../src/session/session.ts';
import { Prometheus } from '../../src/telemetry/prometheus.ts';

const STATE = { totals: NO_METRICS, liveProcesses: 0, maxLive: 16 };
const USAGE: Usage = {
  inputTokens: 1,
  outputTokens: 2,
  cacheReadTokens: 3,
  cacheWriteTokens: 4,
  costUsd: 0.25,
};

const prometheus = () => new Prometheus('1.2.3');

/** A commit of one session with these events. */
function committed(events: readonly SessionEvent[]) {
  const options = { workingDirectory: '/secret/place' };
  const session = applyCreated('claude_1', {
    type: 'session_created',
    principal: 'alice',
    mcpSessionId: null,
    options,
    labels: {},
    seq: 1,
    at: 0,
  });
  return { changes: [{ session, events }], durationMs: 2 };
}

function ended(state: TurnState, more: Partial<Turn> = {}): SessionEvent {
  const turn: Turn = {
    ...{ id: 't', sessionId: 'claude_1', origin: 'prompt', state },
    ...{ queuedAt: 0, startedAt: 1000, endedAt: 3000 },
    ...more,
  };
  return { type: 'turn_ended', turnId: 't', turn, seq: 2, at: 3000 };
}

/** A turn that one model has run. */
function used(model: string): SessionEvent {
  return ended('completed', { usage: USAGE, usageByModel: { [model]: USAGE } });
}

/** Our own series, by name and labels. */
async function seriesOf(scraped: Prometheus, state = STATE): Promise<Map<string, number>> {
  const text = await scraped.text(state);
  const lines = text.split('\n').filter((line) => line.startsWith('claude_sessions_'));
  return new Map(lines.map((line) => [line.replace(/ \S+$/, ''), Number(line.split(' ').at(-1))]));
}

test('sessions are told by status, and the queue, requests and processes as they stand', async () => {
  const totals = {
    ...NO_METRICS,
    ...{
      totalSessions: 20,
      activeSessions: 9,
      busySessions: 3,
      errorSessions: 2,
      endedSessions: 8,
    },
    ...{ queuedTurns: 5, pendingPermissions: 6 },
  };
  const series = await seriesOf(prometheus(), { totals, liveProcesses: 4, maxLive: 16 });
  const statusOf = (status: string) => series.get(`claude_sessions_sessions{status="${status}"}`);
  expect(['initializing', 'ready', 'busy', 'error', 'terminated'].map(statusOf)).toEqual([
    1, 6, 3, 2, 8,
  ]);
  expect(series.get('claude_sessions_queued_turns')).toBe(5);
  expect(series.get('claude_sessions_pending_permissions')).toBe(6);
  expect(series.get('claude_sessions_live_processes')).toBe(4);
  expect(series.get('claude_sessions_live_processes_max')).toBe(16);
});

test('turns are counted by outcome, their times, tokens and cost summed', async () => {
  const scraped = prometheus();
  scraped.committed(committed([used('sonnet')]));
  scraped.committed(committed([used('sonnet')]));
  scraped.committed(committed([ended('lost')]));
  scraped.committed(
    committed([{ type: 'prompt_cancelled', turnId: 't', prompt: '', seq: 2, at: 0 }]),
  );
  const series = await seriesOf(scraped);
  const turns = (outcome: string) =>
    series.get(`claude_sessions_turns_total{outcome="${outcome}"}`);
  expect(['completed', 'lost', 'cancelled', 'failed'].map(turns)).toEqual([2, 1, 1, undefined]);
  expect(series.get('claude_sessions_turn_duration_seconds_sum')).toBe(6);
  const tokens = (type: string) =>
    series.get(`claude_sessions_tokens_total{model="sonnet",type="${type}"}`);
  expect(['input', 'output', 'cache_read', 'cache_write'].map(tokens)).toEqual([2, 4, 6, 8]);
  expect(series.get('claude_sessions_cost_usd_total{model="sonnet"}')).toBe(0.5);
  expect(series.get('claude_sessions_store_commit_duration_seconds_count')).toBe(4);
});

test('waits are told in seconds: of prompts in the queue, of permission requests', async () => {
  const scraped = prometheus();
  const { turn } = ended('running') as { turn: Turn };
  const request = {
    ...{ requestId: 'r', sessionId: 'claude_1', turnId: 't', toolName: 'Bash', input: {} },
    ...{ state: 'allowed' as const, createdAt: 1000, expiresAt: 9000, answeredAt: 4000 },
  };
  const place = { seq: 2, at: 0 };
  scraped.committed(
    committed([
      { type: 'turn_started', turnId: 't', turn, ...place },
      { type: 'turn_started', turnId: 'u', turn: { ...turn, origin: 'autonomous' }, ...place },
      { type: 'permission_answered', turnId: 't', request, ...place },
    ]),
  );
  const series = await seriesOf(scraped);
  expect(series.get('claude_sessions_queue_wait_seconds_sum')).toBe(1);
  expect(series.get('claude_sessions_queue_wait_seconds_count')).toBe(1);
  expect(series.get('claude_sessions_permission_wait_seconds_sum{outcome="allowed"}')).toBe(3);
});

test('calls are told by tool and outcome', async () => {
  const scraped = prometheus();
  scraped.toolCalled({ tool: 'get_session', outcome: 'ok', durationMs: 20 });
  scraped.toolCalled({ tool: 'get_session', outcome: 'SESSION_NOT_FOUND', durationMs: 20 });
  const series = await seriesOf(scraped);
  const name = 'claude_sessions_mcp_requests_total';
  expect(series.get(`${name}{tool="get_session",outcome="ok"}`)).toBe(1);
  expect(series.get(`${name}{tool="get_session",outcome="SESSION_NOT_FOUND"}`)).toBe(1);
  const times = 'claude_sessions_mcp_request_duration_seconds_count';
  expect(series.get(`${times}{tool="get_session"}`)).toBe(2);
});

test('callers cannot make series without end by naming models', async () => {
  const scraped = prometheus();
  for (let n = 0; n < 10 * MODELS_PER_SUM_MAX; n += 1) {
    scraped.committed(committed([used(`model-${n}`)]));
  }
  scraped.committed(committed([used('x"} 1\n# odd')]));
  const series = await seriesOf(scraped);
  const models = [...series.keys()].filter((key) => key.startsWith('claude_sessions_cost'));
  expect(models).toHaveLength(MODELS_PER_SUM_MAX + 1);
  const other = series.get('claude_sessions_cost_usd_total{model="other"}');
  expect(other).toBe((9 * MODELS_PER_SUM_MAX + 1) * USAGE.costUsd);
});

test('the text is what Prometheus reads: typed, with base units, and the event loop among it', async () => {
  const scraped = prometheus();
  scraped.committed(committed([ended('completed', { usage: USAGE })]));
  const text = await scraped.text(STATE);
  expect(scraped.contentType).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(text).toContain('claude_sessions_build_info{version="1.2.3"} 1');
  expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
  expect(text).toMatch(/^process_resident_memory_bytes /m);
  expect(text).not.toMatch(/secret|alice|claude_1/);
  const sample = /^[a-z_\d]+(\{([a-z_]+="[^"\n]*",?)+\})? (-?[\d.e+-]+|Nan|\+Inf)$/;
  for (const line of text.trimEnd().split('\n')) {
    expect(line.startsWith('# ') || line === '' || sample.test(line), line).toBe(true);
  }
  const counters = [...text.matchAll(/^# TYPE (claude_sessions_\S+) counter$/gm)];
  expect(counters.length).toBeGreaterThan(3);
  expect(counters.every(([, name]) => name?.endsWith('_total'))).toBe(true);
});
