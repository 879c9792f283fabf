/** Sessions for the tests of this room, made as the program makes them: by their logs. */

import { decide, type SessionCommand, type SessionState } from '../../src/session/decide.ts';
import type { EventBody, SessionEvent } from '../../src/session/event.ts';
import { apply, applyCreated, type Session } from '../../src/session/session.ts';

export const CREATED = {
  type: 'session_created',
  principal: 'local',
  mcpSessionId: null,
  options: { workingDirectory: '/home/me/project' },
  labels: {},
} as const satisfies EventBody;

export const FAILURE = {
  code: 'UNAVAILABLE',
  message: 'Claude Code is not there',
  retryable: true,
} as const;

export function newSession(at = 1000): Session {
  return applyCreated('claude_1', { ...CREATED, seq: 1, at });
}

/** The event that comes next in the session's log. */
export function next(session: Session, body: EventBody, at = session.lastActivity): SessionEvent {
  return { ...body, seq: session.lastSeq + 1, at };
}

export function append(session: Session, ...bodies: readonly EventBody[]): Session {
  return bodies.reduce((state, body) => apply(state, next(state, body)), session);
}

export function newState(): SessionState {
  return { session: newSession(), openTurns: [], openRequests: [], remembered: 0 };
}

/** Decides and applies one command after the other; each must be legal. */
export function run(state: SessionState, ...commands: readonly SessionCommand[]): SessionState {
  return commands.reduce(
    (before, command) => decide(before, command, 2000).reduce(fold, before),
    state,
  );
}

/** What a store makes of an event, said as plainly as possible. */
export function fold(state: SessionState, body: EventBody): SessionState {
  const session = append(state.session, body);
  const without = (turnId: string) => state.openTurns.filter((turn) => turn.id !== turnId);
  const sessionId = session.id;
  switch (body.type) {
    case 'prompt_queued': {
      const { turnId: id, prompt } = body;
      const turn = {
        id,
        sessionId,
        prompt,
        state: 'queued',
        origin: 'prompt',
        queuedAt: 2000,
      } as const;
      return { ...state, session, openTurns: [...state.openTurns, turn] };
    }
    case 'prompt_cancelled':
    case 'turn_ended':
      return { ...state, session, openTurns: without(body.turnId) };
    case 'turn_started': {
      const prompt = state.openTurns.find((turn) => turn.id === body.turnId)?.prompt ?? '';
      return { ...state, session, openTurns: [...without(body.turnId), { ...body.turn, prompt }] };
    }
    case 'notice': {
      if (!body.requeued) return { ...state, session };
      const openTurns = state.openTurns.map((turn) =>
        turn.id === body.turnId ? { ...turn, state: 'queued' as const } : turn,
      );
      return { ...state, session, openTurns };
    }
    case 'permission_requested':
      return { ...state, session, openRequests: [...state.openRequests, body.request] };
    case 'permission_answered': {
      const { requestId } = body.request;
      const openRequests = state.openRequests.filter((open) => open.requestId !== requestId);
      return { ...state, session, openRequests };
    }
    default:
      return { ...state, session };
  }
}

export const PERMISSION = {
  requestId: 'p1',
  turnId: 'running',
  toolName: 'Bash',
  input: { command: 'ls' },
  expiresAt: 9000,
} as const;

const QUEUE: SessionCommand = { type: 'queue_prompt', turnId: 'queued', prompt: 'later' };

/** Only a session of the library is ever `initializing`, and that has no log. */
export const LOGGED_STATUSES = ['ready', 'busy', 'error', 'terminated'] as const;

export type LoggedStatus = (typeof LOGGED_STATUSES)[number];

const ROADS: Readonly<Record<LoggedStatus, readonly SessionCommand[]>> = {
  ready: [QUEUE],
  busy: [
    { type: 'queue_prompt', turnId: 'running', prompt: 'now' },
    { type: 'start_turn', turnId: 'running', origin: 'prompt' },
    { type: 'request_permission', request: PERMISSION },
    QUEUE,
  ],
  error: [QUEUE, { type: 'fail', error: FAILURE }],
  terminated: [QUEUE, { type: 'end', reason: 'done' }],
};

/**
 * A session in that status, linked to task `t1`, with `queued` in its queue; the busy one runs
 * `running` and waits for `p1`.
 */
export function inStatus(status: LoggedStatus): SessionState {
  return run(newState(), { type: 'link_task', taskId: 't1' }, ...ROADS[status]);
}
