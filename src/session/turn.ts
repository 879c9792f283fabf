/** The part of {@link decide} for the turns of a session. */

import { type Failure, quoteId, SessionError } from '../errors.ts';
import { QUEUED_PROMPTS_MAX, TURN_CRASHES_MAX } from '../limits.ts';
import type { OpenTurn, SessionCommand, SessionState, TurnOutcome } from './decide.ts';
import type { EventBody, QueuedPrompt, SessionEvent, Turn } from './event.ts';
import { closeRequest } from './permission.ts';
import type { Session } from './session.ts';

export function queue(session: Session, queued: QueuedPrompt): readonly EventBody[] {
  if (session.turns.queued >= QUEUED_PROMPTS_MAX) {
    throw new SessionError(
      'LIMIT_EXCEEDED',
      `session ${session.id} has ${QUEUED_PROMPTS_MAX} prompts queued (QUEUED_PROMPTS_MAX)`,
      { hint: 'wait for a turn to end with wait_sessions, or cancel a prompt with cancel_prompt.' },
    );
  }
  const { turnId, prompt, next, trace, attachments, outputSchema } = queued;
  const parts = { attachments, outputSchema };
  return [{ type: 'prompt_queued', turnId, prompt, next: next || undefined, trace, ...parts }];
}

export function cancel(state: SessionState, turnId: string): readonly EventBody[] {
  const turn = openTurn(state, turnId);
  if (turn.state !== 'queued') {
    throw new SessionError('CONFLICT', `turn ${quoteId(turnId)} is already ${turn.state}`, {
      hint: 'interrupt_session stops a running turn.',
    });
  }
  return [{ type: 'prompt_cancelled', turnId, prompt: turn.prompt }];
}

export function start(
  state: SessionState,
  turnId: string,
  origin: Turn['origin'],
  now: number,
): readonly EventBody[] {
  const { session } = state;
  if (session.turns.running > 0) {
    throw new SessionError('CONFLICT', `session ${session.id} is already running a turn`);
  }
  const queued = origin === 'prompt' ? openTurn(state, turnId) : undefined;
  const turn: Turn = {
    id: turnId,
    sessionId: session.id,
    state: 'running',
    origin,
    queuedAt: queued?.queuedAt ?? now,
    startedAt: now,
    crashes: queued?.crashes,
    trace: queued?.trace,
    attachments: queued?.attachments,
  };
  return [{ type: 'turn_started', turnId, turn }];
}

type Requeueing = Extract<SessionCommand, { type: 'requeue_turn' }>;

export function requeue(
  state: SessionState,
  { turnId, text, crashed }: Requeueing,
  now: number,
): readonly EventBody[] {
  const turn = openTurn(state, turnId);
  if (turn.state !== 'running' || turn.origin !== 'prompt') return [];
  const crashes = (turn.crashes ?? 0) + (crashed ? 1 : 0);
  if (crashes >= TURN_CRASHES_MAX) return giveUp(state, turnId, now);
  return [{ type: 'notice', turnId, text, requeued: true, crashes: crashes || undefined }];
}

function giveUp(state: SessionState, turnId: string, now: number): readonly EventBody[] {
  const error: Failure = {
    code: 'UNAVAILABLE',
    message: `turn ${turnId} was started ${TURN_CRASHES_MAX} times, and failed each time before the prompt reached Claude (TURN_CRASHES_MAX)`,
    retryable: false,
    hint: 'its notices and the server log say why; the next prompt tries again.',
  };
  return [
    ...endTurn(state, turnId, { state: 'failed', error }, now),
    { type: 'session_error', error },
  ];
}

export function endTurn(
  state: SessionState,
  turnId: string,
  outcome: TurnOutcome,
  now: number,
): readonly EventBody[] {
  const turn = openTurn(state, turnId);
  if (turn.state !== 'running') {
    throw new SessionError('CONFLICT', `turn ${quoteId(turnId)} is ${turn.state}, not running`);
  }
  const { prompt: _prompt, outputSchema: _schema, ...shown } = turn;
  const closed = state.openRequests.map((open) => closeRequest(open, { state: 'closed' }, now));
  return [...closed, { type: 'turn_ended', turnId, turn: { ...shown, ...outcome, endedAt: now } }];
}

export function settle(
  state: SessionState,
  { turnId, prompted, text, error }: Extract<SessionCommand, { type: 'settle_turn' }>,
  now: number,
): readonly EventBody[] {
  const turn = state.openTurns.find(({ id }) => id === turnId);
  if (turn?.state !== 'running') return [];
  if (turn.origin === 'prompt' && !prompted) {
    return requeue(state, { type: 'requeue_turn', turnId, text, crashed: true }, now);
  }
  return endTurn(state, turnId, { state: 'lost', error }, now);
}

export function cancelQueued({ openTurns }: SessionState): readonly EventBody[] {
  return openTurns
    .filter((turn) => turn.state === 'queued')
    .map(({ id, prompt }) => ({ type: 'prompt_cancelled', turnId: id, prompt }));
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

/** The turn as which a prompt is queued. */
export function queuedTurn(
  sessionId: string,
  { turnId, at, trace, attachments }: Extract<SessionEvent, { type: 'prompt_queued' }>,
): Turn {
  const turn = { id: turnId, sessionId, state: 'queued', origin: 'prompt' } as const;
  return { ...turn, queuedAt: at, trace, attachments };
}
