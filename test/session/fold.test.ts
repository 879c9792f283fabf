import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SessionError } from '../../src/errors.ts';
import { decide, type SessionCommand, type SessionState } from '../../src/session/decide.ts';
import { combine, contributionOf, differenceOf, METRIC_NAMES } from '../../src/session/metrics.ts';
import { timesChosen } from '../../src/session/mode.ts';
import { PERMISSION_MODES } from '../../src/session/options.ts';
import type { Update } from '../../src/session/update.ts';
import { FAILURE, fold, newState, PERMISSION } from './log.ts';

type Maker = (state: SessionState, pick: number) => SessionCommand;

const usage = {
  inputTokens: 1,
  outputTokens: 2,
  cacheReadTokens: 3,
  cacheWriteTokens: 4,
  costUsd: 0.1,
};
const OUTCOMES = ['completed', 'failed', 'interrupted', 'lost'] as const;

const UPDATES: readonly Update[] = [
  ...PERMISSION_MODES.map((permissionMode) => ({ permissionMode })),
  { name: 'n', labels: { a: 'b' } },
  { model: 'opus', effort: 'high', timeout: 5000 },
  { allowedTools: [], disallowedTools: ['Bash'], maxBudgetUsd: 1, onDisconnect: 'end' },
];

const fresh = ({ session }: SessionState) => `new-${session.lastSeq}`;
/** An open turn, or one past them that is not there. */
const someTurn: (state: SessionState, pick: number) => string = ({ openTurns }, pick) =>
  openTurns[pick % (openTurns.length + 1)]?.id ?? 'missing';

/** Whatever a program may ask for, legal or not. */
const MAKERS: readonly Maker[] = [
  (_, pick) => ({ type: 'tie', mcpSessionId: pick % 3 === 0 ? null : `m${pick % 3}` }),
  (_, pick) => ({ type: 'link_task', taskId: `t${pick % 3}` }),
  (_, pick) => ({ type: 'unlink_task', taskId: `t${pick % 3}` }),
  (state) => ({ type: 'queue_prompt', turnId: fresh(state), prompt: 'go' }),
  (state, pick) => ({ type: 'cancel_prompt', turnId: someTurn(state, pick) }),
  (state, pick) => ({ type: 'start_turn', turnId: someTurn(state, pick), origin: 'prompt' }),
  (state) => ({ type: 'start_turn', turnId: fresh(state), origin: 'autonomous' }),
  (state, pick) => ({ type: 'requeue_turn', turnId: someTurn(state, pick), text: 'again' }),
  (state, pick) => ({
    type: 'end_turn',
    turnId: someTurn(state, pick),
    outcome: { state: OUTCOMES[pick % 4] ?? 'lost', ...(pick % 2 === 0 && { usage }) },
  }),
  (state) => ({ type: 'request_permission', request: { ...PERMISSION, requestId: fresh(state) } }),
  ({ openRequests }, pick) => ({
    type: 'answer_permission',
    requestId: openRequests[pick % (openRequests.length + 1)]?.requestId ?? 'missing',
    answer: { state: 'allowed' },
  }),
  () => ({ type: 'fail', error: FAILURE }),
  (_, pick) => ({ type: 'update', asked: UPDATES[pick % UPDATES.length] ?? {} }),
  ({ session }, pick) => ({
    type: 'reach_mode',
    mode: PERMISSION_MODES[pick % PERMISSION_MODES.length] ?? 'plan',
    times: timesChosen(session),
  }),
  (_, pick) => (pick === 0 ? { type: 'end', reason: 'done' } : { type: 'cancel_prompts' }),
];

/** So that a change in place throws. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.values(value).forEach(frozen);
  return Object.freeze(value);
}

/** The state after the command, or the same where it is refused. Nothing else may be thrown. */
function step(state: SessionState, command: SessionCommand): SessionState {
  try {
    return frozen(decide(state, command, 2000).reduce(fold, state));
  } catch (error) {
    if (error instanceof SessionError) return state;
    throw error;
  }
}

function checkCounts({ session, openTurns, openRequests }: SessionState): void {
  const count = (state: string) => openTurns.filter((turn) => turn.state === state).length;
  const { queued, running } = session.turns;
  expect([queued, running, session.pendingPermissions]).toEqual([
    count('queued'),
    count('running'),
    openRequests.length,
  ]);
  expect(running).toBeLessThanOrEqual(1);
  expect(new Set(session.taskIds).size).toBe(session.taskIds.length);
  if (session.status !== 'terminated') return;
  expect([openTurns, openRequests]).toEqual([[], []]);
  expect(session.endReason).toBeDefined();
}

const commands = fc.array(fc.tuple(fc.nat({ max: MAKERS.length - 1 }), fc.nat({ max: 11 })), {
  maxLength: 30,
  size: 'max',
});

describe('decide, then apply', () => {
  it('takes whatever is decided, refuses without a trace, and counts what is open', () => {
    fc.assert(
      fc.property(commands, (sequence) => {
        let state = frozen(newState());
        let sums = contributionOf(state.session);
        for (const [maker, pick] of sequence) {
          const command = MAKERS[maker]?.(state, pick) ?? { type: 'cancel_prompts' };
          const after = step(state, command);
          const before = contributionOf(state.session);
          const change = differenceOf(contributionOf(after.session), before);
          if (change !== undefined) sums = combine(sums, change);
          state = after;
          checkCounts(state);
        }
        expect(sums).toEqual(contributionOf(state.session));
        for (const name of METRIC_NAMES) expect(sums[name]).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 5000 },
    );
  }, 180_000);
});
