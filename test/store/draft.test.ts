import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SessionError } from '../../src/errors.ts';
import { decide, type SessionCommand, type SessionState } from '../../src/session/decide.ts';
import type { EventBody, PermissionRequest, Turn } from '../../src/session/event.ts';
import { contributionOf, NO_METRICS, scopesOf } from '../../src/session/metrics.ts';
import type { Session } from '../../src/session/session.ts';
import { addUsage, NO_USAGE } from '../../src/session/usage.ts';
import { draftOf } from '../../src/store/draft.ts';
import type { RowChange } from '../../src/store/projection.ts';
import type { Sums } from '../../src/store/store.ts';
import { changed, leaveMcpScope, type SumChange } from '../../src/store/sums.ts';
import { creation } from './fixtures.ts';

/** The rows of one session and the sums over it, as the simplest store would keep them. */
class Rows {
  session: Session | undefined;
  readonly turns = new Map<string, Turn & { prompt: string }>();
  readonly requests = new Map<string, PermissionRequest>();
  readonly tasks = new Set<string>();
  readonly labels: Record<string, string> = {};
  readonly sums = new Map<string, Sums>();

  get openTurns() {
    return [...this.turns.values()].filter(
      ({ state }) => state === 'queued' || state === 'running',
    );
  }

  get openRequests() {
    return [...this.requests.values()].filter(({ state }) => state === 'pending');
  }

  get state(): SessionState {
    const { session, openTurns, openRequests } = this;
    if (session === undefined) throw new Error('not created');
    return { session, openTurns, openRequests, remembered: 0 };
  }

  write(bodies: readonly EventBody[], at: number): void {
    const loaded = { sessionId: 's', session: this.session, openTurns: this.openTurns };
    const draft = draftOf(loaded, bodies, at, null);
    for (const change of draft.rows) this.#change(change);
    this.count(draft.sums);
    this.session = draft.session;
  }

  count(changes: readonly SumChange[]): void {
    for (const change of changes) {
      const { scope } = change;
      const sums = changed(
        this.sums.get(scope) ?? { metrics: NO_METRICS, usageByModel: {} },
        change,
      );
      if (sums.metrics.totalSessions === 0) this.sums.delete(scope);
      else this.sums.set(scope, sums);
    }
  }

  #change(change: RowChange): void {
    // The prompt has a column of its own, which is emptied at the end.
    if ('turn' in change) expect(change.turn).not.toHaveProperty('prompt');
    switch (change.kind) {
      case 'insert_turn':
        this.turns.set(change.turn.id, { ...change.turn, prompt: change.prompt });
        return;
      case 'start_turn':
      case 'requeue_turn':
      case 'end_turn': {
        const { prompt = 'never queued' } = this.turns.get(change.turn.id) ?? {};
        this.turns.set(change.turn.id, { ...change.turn, prompt });
        return;
      }
      case 'insert_request':
      case 'answer_request':
        this.requests.set(change.request.requestId, change.request);
        return;
      case 'label':
        this.labels[change.key] = change.value;
        return;
      case 'link':
        this.tasks.add(change.taskId);
        return;
      case 'unlink':
        this.tasks.delete(change.taskId);
        return;
      case 'put_first':
      case 'remember':
      case 'served':
        return;
    }
  }
}

const id = fc.constantFrom('a', 'b', 'c');
const tokens = { ...NO_USAGE, inputTokens: 3, costUsd: 0.5 };
const outcome = fc.constantFrom('completed', 'failed', 'lost').map((state) => {
  return { state, usage: tokens, usageByModel: { m: tokens } } as const;
});
const commands: fc.Arbitrary<SessionCommand> = fc.oneof(
  fc.record({
    type: fc.constant('queue_prompt'),
    turnId: fc.uuid(),
    prompt: id,
    next: fc.boolean(),
  }),
  fc.record({
    type: fc.constant('start_turn'),
    turnId: fc.constant('next'),
    origin: fc.constantFrom('prompt', 'autonomous'),
  }),
  fc.record({ type: fc.constant('end_turn'), turnId: fc.constant('running'), outcome }),
  fc.record({
    type: fc.constant('requeue_turn'),
    turnId: fc.constant('running'),
    text: id,
    crashed: fc.boolean(),
  }),
  fc.record({ type: fc.constant('cancel_prompt'), turnId: fc.constant('next') }),
  fc.record({ type: fc.constantFrom('link_task', 'unlink_task'), taskId: id }),
  fc.record({ type: fc.constant('tie'), mcpSessionId: fc.option(id) }),
  fc.uuid().map((requestId) => {
    const request = { requestId, turnId: null, toolName: 'Bash', input: {}, expiresAt: 0 };
    return { type: 'request_permission', request } as const;
  }),
  fc.constant({ type: 'end', reason: 'over' } as const),
);

/** The same command for a turn that there is, as most are. */
function meant(command: SessionCommand, { openTurns }: Rows, n: number): SessionCommand {
  if (!('turnId' in command)) return command;
  if (command.type === 'start_turn' && command.origin === 'autonomous')
    return { ...command, turnId: `auto${n}` };
  const state = { next: 'queued', running: 'running' }[command.turnId];
  const turnId = openTurns.find((turn) => turn.state === state)?.id ?? command.turnId;
  return { ...command, turnId };
}

/** What is legal of these commands, for a session that is in every kind of scope. */
function lived(given: readonly SessionCommand[]): Rows & { session: Session } {
  const rows = new Rows();
  rows.write(creation({ mcpSessionId: 'm', taskId: 't', labels: { k: 'v' } }), 0);
  for (const [n, command] of given.entries()) {
    try {
      rows.write(decide(rows.state, meant(command, rows, n), n), n);
    } catch (error) {
      if (!(error instanceof SessionError)) throw error;
    }
  }
  return Object.assign(rows, { session: rows.state.session });
}

const RUNS = { numRuns: 100 };

test('whatever happens to a session, its rows say what its record says', () => {
  const legal = fc.property(fc.array(commands, { maxLength: 40 }), (given) => {
    const { session, turns, openTurns, openRequests, tasks, labels } = lived(given);
    const states = [...turns.values()].map(({ state }) => (state === 'lost' ? 'failed' : state));
    const count = (wanted: string) => states.filter((state) => state === wanted).length;
    const [queued, running, completed] = [count('queued'), count('running'), count('completed')];
    expect({ queued, running, completed, failed: count('failed') }).toEqual(session.turns);
    const queuedPrompts = openTurns.filter(({ origin }) => origin === 'prompt');
    expect(queuedPrompts.every(({ prompt }) => /^[abc]$/.test(prompt))).toBe(true);
    const usages = [...turns.values()].map(({ usage }) => usage ?? NO_USAGE);
    expect(usages.reduce(addUsage, NO_USAGE)).toEqual(session.usage);
    expect(openRequests).toHaveLength(session.pendingPermissions);
    expect([...tasks].sort()).toEqual([...session.taskIds].sort());
    expect(labels).toEqual(session.labels);
  });
  fc.assert(legal, RUNS);
});

test('each sum of a scope that the session is in counts exactly the session, and there are no others', () => {
  const counted = fc.property(fc.array(commands, { maxLength: 40 }), (given) => {
    const rows = lived(given);
    const { session } = rows;
    const one = { metrics: contributionOf(session), usageByModel: session.usageByModel ?? {} };
    const expected = scopesOf(session).map((scope) => [scope, one] as const);
    expect(rows.sums).toEqual(new Map(expected));
    rows.count(leaveMcpScope(session));
    expect(rows.sums).toEqual(new Map(expected.filter(([scope]) => !scope.startsWith('mcp:'))));
  });
  fc.assert(counted, RUNS);
});

test('an event about a turn that was never queued is refused', () => {
  const rows = new Rows();
  const cancelled = { type: 'prompt_cancelled', turnId: 'none', prompt: 'x' } as const;
  expect(() => rows.write([...creation(), cancelled], 0)).toThrow('turn none, which is not open');
});
