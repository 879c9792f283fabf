import { describe, expect, it } from 'vitest';
import { SessionError } from '../../src/errors.ts';
import {
  PENDING_PERMISSIONS_MAX,
  QUEUED_PROMPTS_MAX,
  TASKS_PER_SESSION_MAX,
} from '../../src/limits.ts';
import { decide, type SessionCommand, type SessionState } from '../../src/session/decide.ts';
import {
  FAILURE,
  inStatus,
  LOGGED_STATUSES,
  type LoggedStatus,
  newState,
  PERMISSION,
  run,
} from './log.ts';

/** The types of the events that the command makes, or the code it is refused with. */
function verdict(state: SessionState, command: SessionCommand): string {
  try {
    const events = decide(state, command, 3000);
    return events.map((event) => event.type).join(' ') || 'nothing';
  } catch (error) {
    if (error instanceof SessionError) return error.code;
    throw error;
  }
}

const START = { type: 'start_turn', turnId: 'queued', origin: 'prompt' } as const;
const END_TURN = { type: 'end_turn', turnId: 'running', outcome: { state: 'completed' } } as const;
const ANSWER = {
  type: 'answer_permission',
  requestId: 'p1',
  answer: { state: 'allowed' },
} as const;

type Row = Readonly<Record<Exclude<LoggedStatus, 'terminated'>, string>>;

const always = (types: string): Row => {
  return { ready: types, busy: types, error: types };
};

const LEGALITY: readonly (readonly [SessionCommand, Row])[] = [
  [{ type: 'tie', mcpSessionId: 'm1' }, always('session_tied')],
  [{ type: 'tie', mcpSessionId: null }, always('nothing')],
  [{ type: 'link_task', taskId: 't2' }, always('task_linked')],
  [{ type: 'link_task', taskId: 't1' }, always('nothing')],
  [{ type: 'unlink_task', taskId: 't1' }, always('task_unlinked')],
  [{ type: 'unlink_task', taskId: 't2' }, always('nothing')],
  [{ type: 'queue_prompt', turnId: 'new', prompt: 'go' }, always('prompt_queued')],
  [{ type: 'cancel_prompt', turnId: 'queued' }, always('prompt_cancelled')],
  [
    { type: 'cancel_prompt', turnId: 'running' },
    { ...always('NOT_FOUND'), busy: 'CONFLICT' },
  ],
  [START, { ...always('turn_started'), busy: 'CONFLICT' }],
  [
    { type: 'start_turn', turnId: 'woken', origin: 'autonomous' },
    { ...always('turn_started'), busy: 'CONFLICT' },
  ],
  [
    { type: 'requeue_turn', turnId: 'running', text: 'lease lost' },
    { ...always('NOT_FOUND'), busy: 'notice' },
  ],
  [{ type: 'requeue_turn', turnId: 'queued', text: 'lease lost' }, always('nothing')],
  [END_TURN, { ...always('NOT_FOUND'), busy: 'permission_answered turn_ended' }],
  [{ ...END_TURN, turnId: 'queued' }, always('CONFLICT')],
  [
    { type: 'request_permission', request: { ...PERMISSION, requestId: 'p2' } },
    always('permission_requested'),
  ],
  [ANSWER, { ...always('CONFLICT'), busy: 'permission_answered' }],
  [{ type: 'fail', error: FAILURE }, always('session_error')],
  [
    { type: 'end', reason: 'done' },
    {
      ...always('prompt_cancelled session_ended'),
      busy: 'permission_answered turn_ended prompt_cancelled session_ended',
    },
  ],
];

const CASES = LEGALITY.flatMap(([command, row]) =>
  LOGGED_STATUSES.map((status) => {
    const afterTheEnd = command.type === 'end' ? 'nothing' : 'SESSION_NOT_READY';
    const expected = status === 'terminated' ? afterTheEnd : row[status];
    return { name: JSON.stringify(command), status, command, expected };
  }),
);

describe('what is legal', () => {
  it.each(CASES)('$name while $status: $expected', ({ command, status, expected }) => {
    expect(verdict(inStatus(status), command)).toBe(expected);
  });
});

describe('decide', () => {
  it('moves a task that was linked before to the front', () => {
    const state = run(inStatus('ready'), { type: 'link_task', taskId: 't2' });
    expect(decide(state, { type: 'link_task', taskId: 't1' }, 0)).toEqual([
      { type: 'task_linked', taskId: 't1' },
    ]);
  });

  it('links TASKS_PER_SESSION_MAX tasks and refuses one more', () => {
    const taskIds = Array.from({ length: TASKS_PER_SESSION_MAX }, (_, index) => `t${index}`);
    const state = newState();
    const almost = { ...state, session: { ...state.session, taskIds: taskIds.slice(1) } };
    const full = { ...state, session: { ...state.session, taskIds } };
    const link = { type: 'link_task', taskId: 'one more' } as const;
    expect(verdict(almost, link)).toBe('task_linked');
    expect(() => decide(full, link, 0)).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED', retryable: false }),
    );
    expect(verdict(full, { type: 'link_task', taskId: 't5' })).toBe('task_linked');
  });

  it('queues QUEUED_PROMPTS_MAX prompts and refuses one more', () => {
    let state = newState();
    for (let index = 0; index < QUEUED_PROMPTS_MAX; index += 1) {
      state = run(state, { type: 'queue_prompt', turnId: `${index}`, prompt: 'go' });
    }
    expect(() => run(state, { type: 'queue_prompt', turnId: 'x', prompt: 'go' })).toThrow(
      'claude_1 has 100 prompts queued (QUEUED_PROMPTS_MAX)',
    );
  });

  it('opens PENDING_PERMISSIONS_MAX requests and refuses one more', () => {
    let state = inStatus('ready');
    for (let index = 0; index < PENDING_PERMISSIONS_MAX; index += 1) {
      const request = { ...PERMISSION, requestId: `${index}` };
      state = run(state, { type: 'request_permission', request });
    }
    expect(() => run(state, { type: 'request_permission', request: PERMISSION })).toThrow(
      '(PENDING_PERMISSIONS_MAX)',
    );
  });

  it('starts a turn with the times it was queued and started', () => {
    expect(decide(inStatus('ready'), START, 3000)).toEqual([
      {
        type: 'turn_started',
        turnId: 'queued',
        turn: {
          id: 'queued',
          sessionId: 'claude_1',
          state: 'running',
          origin: 'prompt',
          queuedAt: 2000,
          startedAt: 3000,
        },
      },
    ]);
  });

  it('ends a turn with its outcome, keeps its prompt out, and closes what it asked', () => {
    const usage = {
      inputTokens: 1,
      outputTokens: 2,
      cacheReadTokens: 3,
      cacheWriteTokens: 4,
      costUsd: 5,
    };
    const outcome = { state: 'completed', result: 'done', usage } as const;
    const [closed, ended] = decide(inStatus('busy'), { ...END_TURN, outcome }, 3000);
    expect(closed).toEqual({
      type: 'permission_answered',
      turnId: 'running',
      request: {
        ...PERMISSION,
        sessionId: 'claude_1',
        state: 'closed',
        createdAt: 2000,
        answeredAt: 3000,
      },
    });
    expect(ended).toEqual({
      type: 'turn_ended',
      turnId: 'running',
      turn: {
        id: 'running',
        sessionId: 'claude_1',
        origin: 'prompt',
        queuedAt: 2000,
        startedAt: 2000,
        endedAt: 3000,
        ...outcome,
      },
    });
  });

  it('gives an answer its words and its time', () => {
    const answer = { state: 'denied', message: 'not that file' } as const;
    expect(decide(inStatus('busy'), { ...ANSWER, answer }, 3000)).toMatchObject([
      { request: { requestId: 'p1', state: 'denied', message: 'not that file', answeredAt: 3000 } },
    ]);
  });

  it('leaves the turn out of a request that belongs to none', () => {
    const request = { ...PERMISSION, turnId: null };
    const [event] = decide(inStatus('ready'), { type: 'request_permission', request }, 0);
    expect(event?.type === 'permission_requested' && event.turnId).toBeUndefined();
    expect(event).toMatchObject({ request: { turnId: null, state: 'pending' } });
  });

  it('interrupts the running turn and gives back the queued prompts when the session ends', () => {
    const events = decide(inStatus('busy'), { type: 'end', reason: 'enough' }, 3000);
    expect(events).toMatchObject([
      { type: 'permission_answered', request: { state: 'closed' } },
      { type: 'turn_ended', turn: { id: 'running', state: 'interrupted' } },
      { type: 'prompt_cancelled', turnId: 'queued', prompt: 'later' },
      { type: 'session_ended', reason: 'enough' },
    ]);
  });

  it('closes requests that no turn asked when the session ends', () => {
    const asked = run(inStatus('ready'), {
      type: 'request_permission',
      request: { ...PERMISSION, turnId: null },
    });
    expect(verdict(asked, { type: 'end', reason: 'enough' })).toBe(
      'permission_answered prompt_cancelled session_ended',
    );
  });

  it('does not take an autonomous turn back, since it has no prompt to run again', () => {
    const woken = run(newState(), { type: 'start_turn', turnId: 'woken', origin: 'autonomous' });
    expect(verdict(woken, { type: 'requeue_turn', turnId: 'woken', text: 'x' })).toBe('nothing');
  });
});
