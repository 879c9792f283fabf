/**
 * Decides what is legal: a command and the current session give the events to append, or an error for the caller. Nothing
 * is changed here; `apply` does that once the events are written.
 */

import { type Failure, SessionError } from '../errors.ts';
import { TASKS_PER_SESSION_MAX } from '../limits.ts';
import type {
  ContextUse,
  EventBody,
  PermissionRequest,
  PromptParts,
  QueuedPrompt,
  Turn,
  Usage,
  UsageByModel,
} from './event.ts';
import { reachMode } from './mode.ts';
import type { PermissionMode } from './options.ts';
import { answer, closeRequest, type PermissionAnswer, request } from './permission.ts';
import { type Session, taskIdOf } from './session.ts';
import { cancel, cancelQueued, endTurn, queue, requeue, settle, start } from './turn.ts';
import { type Update, update } from './update.ts';

/** A turn that has not ended, with its prompt (empty for an autonomous turn). */
export type OpenTurn = Turn & PromptParts & { readonly prompt: string };

/** A session with its open turns and requests; both lists are bounded. */
export type SessionState = {
  readonly session: Session;
  readonly openTurns: readonly OpenTurn[];
  readonly openRequests: readonly PermissionRequest[];
  /** Number of answers that are remembered for the rest of the session. */
  readonly remembered: number;
};

/** How a turn ended, according to the runner or the recovery. */
export type TurnOutcome = {
  readonly state: 'completed' | 'failed' | 'interrupted' | 'lost';
  readonly result?: string;
  /** As {@link Turn.output}. */
  readonly output?: unknown;
  readonly error?: Failure;
  readonly usage?: Usage;
  readonly usageByModel?: UsageByModel;
  readonly context?: ContextUse;
};

export type SessionCommand =
  | { readonly type: 'tie'; readonly mcpSessionId: string | null }
  | { readonly type: 'link_task'; readonly taskId: string }
  | { readonly type: 'unlink_task'; readonly taskId: string }
  | ({ readonly type: 'queue_prompt' } & QueuedPrompt)
  | { readonly type: 'cancel_prompt'; readonly turnId: string }
  | { readonly type: 'cancel_prompts' }
  | { readonly type: 'start_turn'; readonly turnId: string; readonly origin: Turn['origin'] }
  | {
      readonly type: 'requeue_turn';
      readonly turnId: string;
      readonly text: string;
      /** Whether its server failed; a turn to which that happens TURN_CRASHES_MAX times fails. */
      readonly crashed?: boolean;
    }
  | { readonly type: 'end_turn'; readonly turnId: string; readonly outcome: TurnOutcome }
  /**
   * Ends a turn that is running in the log, but on no server. A prompt that Claude has not seen is requeued with `text`;
   * otherwise the turn is lost with `error`.
   */
  | {
      readonly type: 'settle_turn';
      readonly turnId: string;
      readonly prompted: boolean;
      readonly text: string;
      readonly error: Failure;
    }
  | {
      readonly type: 'request_permission';
      readonly request: Omit<PermissionRequest, 'sessionId' | 'state' | 'createdAt'>;
    }
  | {
      readonly type: 'answer_permission';
      readonly requestId: string;
      readonly answer: PermissionAnswer;
    }
  | { readonly type: 'update'; readonly asked: Update }
  | {
      readonly type: 'reach_mode';
      readonly mode: PermissionMode;
      /** How often the caller had chosen a mode, as far as the process knew. */
      readonly times: number;
    }
  | { readonly type: 'fail'; readonly error: Failure }
  | {
      readonly type: 'end';
      readonly reason: string;
      /** Ends the session only if it is idle and has no event after this seq. */
      readonly ifIdleSince?: number;
    };

/**
 * Returns the events of a command; none if it changes nothing (a task linked twice, an end after the end).
 *
 * @param now epoch milliseconds, for the times inside turns and requests
 * @throws SessionError if the command is not legal now
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
    case 'cancel_prompts':
      return cancelQueued(state);
    case 'start_turn':
      return start(state, command.turnId, command.origin, now);
    case 'requeue_turn':
      return requeue(state, command, now);
    case 'end_turn':
      return endTurn(state, command.turnId, command.outcome, now);
    case 'settle_turn':
      return settle(state, command, now);
    case 'request_permission':
      return request(session, { ...command.request, sessionId: session.id }, now);
    case 'answer_permission':
      return answer(state, command.requestId, command.answer, now);
    case 'reach_mode':
      return reachMode(session, command.mode, command.times);
    case 'update':
      return update(session, command.asked);
    case 'fail':
      return [{ type: 'session_error', error: command.error }];
    case 'end':
      return end(state, command, now);
  }
}

function afterTheEnd(session: Session, command: SessionCommand): readonly EventBody[] {
  const isDone = ['end', 'settle_turn', 'cancel_prompts'].includes(command.type);
  if (isDone) return [];
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
      { hint: 'unlink one with unlink_task.', retryable: false },
    );
  }
  return [{ type: 'task_linked', taskId }];
}

function end(
  state: SessionState,
  { reason, ifIdleSince }: Omit<Extract<SessionCommand, { type: 'end' }>, 'type'>,
  now: number,
): readonly EventBody[] {
  const { status, turns, lastSeq } = state.session;
  const isIdle = status !== 'busy' && turns.queued === 0 && lastSeq <= (ifIdleSince ?? lastSeq);
  if (ifIdleSince !== undefined && !isIdle) return [];
  const running = state.openTurns.find((turn) => turn.state === 'running');
  const stopped: readonly EventBody[] = running
    ? endTurn(state, running.id, { state: 'interrupted' }, now)
    : state.openRequests.map((open) => closeRequest(open, { state: 'closed' }, now));
  return [...stopped, ...cancelQueued(state), { type: 'session_ended', reason }];
}
