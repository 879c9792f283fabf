/**
 * What is legal: a command and the session as it stands give the events to append, or an error for
 * the caller. Nothing is changed here; `apply` does that, once the events are written.
 */

import { type Failure, quoteId, SessionError } from '../errors.ts';
import { QUEUED_PROMPTS_MAX, TASKS_PER_SESSION_MAX, TURN_CRASHES_MAX } from '../limits.ts';
import type {
  EventBody,
  PermissionMode,
  PermissionRequest,
  QueuedPrompt,
  Turn,
  Usage,
  UsageByModel,
} from './event.ts';
import { reachMode } from './mode.ts';
import { answer, closeRequest, type PermissionAnswer, request } from './permission.ts';
import { type Session, taskIdOf } from './session.ts';
import { canBecome, isSessionStatus, SESSION_STATUSES } from './status.ts';

/** A turn that has not ended, with the prompt it carries (empty for an autonomous one). */
export type OpenTurn = Turn & { readonly prompt: string };

/** A session with everything of it that is still open; both lists are bounded. */
export type SessionState = {
  readonly session: Session;
  readonly openTurns: readonly OpenTurn[];
  readonly openRequests: readonly PermissionRequest[];
  /** How many answers are remembered for the rest of the session. */
  readonly remembered: number;
};

/** How a turn ended, as the runner or the recovery saw it. */
export type TurnOutcome = {
  readonly state: 'completed' | 'failed' | 'interrupted' | 'lost';
  readonly result?: string;
  readonly error?: Failure;
  readonly usage?: Usage;
  readonly usageByModel?: UsageByModel;
};

export type SessionCommand =
  | { readonly type: 'tie'; readonly mcpSessionId: string | null }
  | { readonly type: 'link_task'; readonly taskId: string }
  | { readonly type: 'unlink_task'; readonly taskId: string }
  | ({ readonly type: 'queue_prompt' } & QueuedPrompt)
  | { readonly type: 'cancel_prompt'; readonly turnId: string }
  | { readonly type: 'start_turn'; readonly turnId: string; readonly origin: Turn['origin'] }
  | {
      readonly type: 'requeue_turn';
      readonly turnId: string;
      readonly text: string;
      /** Its server has died; a turn with which that happens again and again fails. */
      readonly crashed?: boolean;
    }
  | { readonly type: 'end_turn'; readonly turnId: string; readonly outcome: TurnOutcome }
  | {
      readonly type: 'request_permission';
      readonly request: Omit<PermissionRequest, 'sessionId' | 'state' | 'createdAt'>;
    }
  | {
      readonly type: 'answer_permission';
      readonly requestId: string;
      readonly answer: PermissionAnswer;
    }
  | { readonly type: 'reach_mode'; readonly mode: PermissionMode }
  | { readonly type: 'fail'; readonly error: Failure }
  | { readonly type: 'end'; readonly reason: string }
  | { readonly type: 'set_status'; readonly status: string }
  | { readonly type: 'touch' };

/**
 * The events that a command makes; none where it changes nothing (a task linked twice, an end after
 * the end). Throws a {@link SessionError} where the command is not legal now.
 *
 * @param now epoch milliseconds, for the times inside turns and requests
 */
export function decide(
  state: SessionState,
  command: SessionCommand,
  now: number,
): readonly EventBody[] {
  const { session } = state;
  if (session.status === 'terminated') return afterTheEnd(session, command);
  switch (command.type) {
    case 'tie':
      return command.mcpSessionId === session.mcpSessionId
        ? []
        : [{ type: 'session_tied', mcpSessionId: command.mcpSessionId }];
    case 'link_task':
      return link(session, command.taskId);
    case 'unlink_task':
      return session.taskIds.includes(command.taskId)
        ? [{ type: 'task_unlinked', taskId: command.taskId }]
        : [];
    case 'queue_prompt':
      return queue(session, command);
    case 'cancel_prompt':
      return cancel(state, command.turnId);
    case 'start_turn':
      return start(state, command.turnId, command.origin, now);
    case 'requeue_turn':
      return requeue(state, command, now);
    case 'end_turn':
      return endTurn(state, command.turnId, command.outcome, now);
    case 'request_permission':
      return request(session, { ...command.request, sessionId: session.id }, now);
    case 'answer_permission':
      return answer(state, command.requestId, command.answer, now);
    case 'reach_mode':
      return reachMode(session, command.mode);
    case 'fail':
      return [{ type: 'session_error', error: command.error }];
    case 'end':
      return end(state, command.reason, now);
    case 'set_status':
      return setStatus(state, command.status, now);
    case 'touch':
      return [{ type: 'touched' }];
  }
}

function afterTheEnd(session: Session, command: SessionCommand): readonly EventBody[] {
  if (command.type === 'end') return [];
  throw new SessionError('SESSION_NOT_READY', `session ${session.id} has ended`, {
    hint: 'create_session starts a new one; get_session and read_events still show this one.',
  });
}

function link(session: Session, taskId: string): readonly EventBody[] {
  if (taskIdOf(session) === taskId) return [];
  if (session.taskIds.length >= TASKS_PER_SESSION_MAX && !session.taskIds.includes(taskId)) {
    throw new SessionError(
      'LIMIT_EXCEEDED',
      `session ${session.id} is linked to ${TASKS_PER_SESSION_MAX} tasks (TASKS_PER_SESSION_MAX)`,
      { hint: 'unlink_task makes room.', retryable: false },
    );
  }
  return [{ type: 'task_linked', taskId }];
}

function queue(session: Session, queued: QueuedPrompt): readonly EventBody[] {
  if (session.turns.queued >= QUEUED_PROMPTS_MAX) {
    throw new SessionError(
      'LIMIT_EXCEEDED',
      `session ${session.id} has ${QUEUED_PROMPTS_MAX} prompts queued (QUEUED_PROMPTS_MAX)`,
      { hint: 'wait for a turn to end with wait_sessions, or take one back with cancel_prompt.' },
    );
  }
  const { turnId, prompt, next, trace } = queued;
  return [
    { type: 'prompt_queued', turnId, prompt, ...(next && { next }), ...(trace && { trace }) },
  ];
}

function cancel(state: SessionState, turnId: string): readonly EventBody[] {
  const turn = openTurn(state, turnId);
  if (turn.state !== 'queued') {
    throw new SessionError('CONFLICT', `turn ${quoteId(turnId)} is already ${turn.state}`, {
      hint: 'interrupt_session stops a running turn.',
    });
  }
  return [{ type: 'prompt_cancelled', turnId, prompt: turn.prompt }];
}

function start(
  state: SessionState,
  turnId: string,
  origin: Turn['origin'],
  now: number,
): readonly EventBody[] {
  const { session } = state;
  if (session.turns.running > 0) {
    throw new SessionError('CONFLICT', `session ${session.id} is already running a turn`);
  }
  if (!canBecome(session.status, 'busy')) {
    throw new SessionError(
      'SESSION_NOT_READY',
      `session ${session.id} is ${session.status} and cannot run a turn yet`,
    );
  }
  const queued = origin === 'prompt' ? openTurn(state, turnId) : undefined;
  const turn: Turn = {
    id: turnId,
    sessionId: session.id,
    state: 'running',
    origin,
    queuedAt: queued?.queuedAt ?? now,
    startedAt: now,
    ...(queued?.crashes !== undefined && { crashes: queued.crashes }),
    ...(queued?.trace && { trace: queued.trace }),
  };
  return [{ type: 'turn_started', turnId, turn }];
}

type Requeueing = Extract<SessionCommand, { type: 'requeue_turn' }>;

function requeue(
  state: SessionState,
  { turnId, text, crashed }: Requeueing,
  now: number,
): readonly EventBody[] {
  const turn = openTurn(state, turnId);
  if (turn.state !== 'running' || turn.origin !== 'prompt') return [];
  const crashes = (turn.crashes ?? 0) + (crashed ? 1 : 0);
  if (crashes >= TURN_CRASHES_MAX) return giveUp(state, turnId, now);
  return [{ type: 'notice', turnId, text, requeued: true, ...(crashes > 0 && { crashes }) }];
}

function giveUp(state: SessionState, turnId: string, now: number): readonly EventBody[] {
  const error: Failure = {
    code: 'UNAVAILABLE',
    message: `turn ${turnId} was started ${TURN_CRASHES_MAX} times, and each time that came to nothing before the prompt reached Claude (TURN_CRASHES_MAX)`,
    retryable: false,
    hint: 'its notices say why each time, and the server logs more; the next prompt tries again.',
  };
  return [
    ...endTurn(state, turnId, { state: 'failed', error }, now),
    { type: 'session_error', error },
  ];
}

function endTurn(
  state: SessionState,
  turnId: string,
  outcome: TurnOutcome,
  now: number,
): readonly EventBody[] {
  const turn = openTurn(state, turnId);
  if (turn.state !== 'running') {
    throw new SessionError('CONFLICT', `turn ${quoteId(turnId)} is ${turn.state}, not running`);
  }
  const { prompt: _prompt, ...shown } = turn;
  const closed = state.openRequests.map((open) => closeRequest(open, { state: 'closed' }, now));
  return [...closed, { type: 'turn_ended', turnId, turn: { ...shown, ...outcome, endedAt: now } }];
}

function end(state: SessionState, reason: string, now: number): readonly EventBody[] {
  const running = state.openTurns.find((turn) => turn.state === 'running');
  const stopped: readonly EventBody[] = running
    ? endTurn(state, running.id, { state: 'interrupted' }, now)
    : state.openRequests.map((open) => closeRequest(open, { state: 'closed' }, now));
  const cancelled = state.openTurns
    .filter((turn) => turn.state === 'queued')
    .map((turn): EventBody => {
      return { type: 'prompt_cancelled', turnId: turn.id, prompt: turn.prompt };
    });
  return [...stopped, ...cancelled, { type: 'session_ended', reason }];
}

/** The one way out is an end, whatever word asked for it. */
function setStatus(state: SessionState, status: string, now: number): readonly EventBody[] {
  const { session } = state;
  if (!isSessionStatus(status)) {
    throw new SessionError('INVALID_REQUEST', `${quoteId(status)} is not a status`, {
      hint: `use one of ${SESSION_STATUSES.join(', ')}.`,
    });
  }
  if (status === 'terminated') return end(state, 'status set to terminated', now);
  if (!canBecome(session.status, status)) {
    throw new SessionError(
      'CONFLICT',
      `session ${session.id} is ${session.status} and cannot become ${status}`,
    );
  }
  return [{ type: 'status_set', status }];
}

function openTurn(state: SessionState, turnId: string): OpenTurn {
  const turn = state.openTurns.find((candidate) => candidate.id === turnId);
  if (turn === undefined) {
    throw new SessionError(
      'NOT_FOUND',
      `session ${state.session.id} has no open turn ${quoteId(turnId)}`,
      { hint: 'read_events shows its turns.' },
    );
  }
  return turn;
}
