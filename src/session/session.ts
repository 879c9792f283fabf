/** The session record and the one function that changes it: a session is what `apply` makes of its log. */

import type { Failure } from '../errors.ts';
import type {
  EventBody,
  PermissionMode,
  SessionEvent,
  SessionOptions,
  Turn,
  Usage,
  UsageByModel,
} from './event.ts';
import { canBecome, type SessionStatus } from './status.ts';
import { addUsage, addUsageByModel, NO_USAGE } from './usage.ts';

/** `claude_` + the UUID that Claude Code itself uses for the conversation. */
export const SESSION_ID_PREFIX = 'claude_';

export type TurnCounts = {
  readonly queued: number;
  readonly running: number;
  readonly completed: number;
  readonly failed: number;
};

export type Session = {
  readonly id: string;
  readonly principal: string;
  readonly mcpSessionId: string | null;
  readonly status: SessionStatus;
  readonly name?: string;
  /** As chosen at its creation. */
  readonly options: SessionOptions;
  /** The mode reached, once that has been another than the one chosen. */
  readonly permissionMode?: PermissionMode;
  readonly labels: Readonly<Record<string, string>>;
  readonly forkOf?: { readonly sessionId: string };
  /** In the order of linking; the last is `taskId`. */
  readonly taskIds: readonly string[];
  readonly createdAt: number;
  readonly lastActivity: number;
  readonly endedAt?: number;
  readonly endReason?: string;
  readonly turns: TurnCounts;
  readonly pendingPermissions: number;
  readonly lastSeq: number;
  readonly usage: Usage;
  /** The same by model, once a turn has said it. */
  readonly usageByModel?: UsageByModel;
  readonly error?: Failure;
};

/** The task linked last, which is the one most callers mean. */
export function taskIdOf(session: Session): string | null {
  return session.taskIds.at(-1) ?? null;
}

/** The record a log begins with; its first event must be `session_created`, seq 1. */
export function applyCreated(id: string, event: SessionEvent): Session {
  if (event.type !== 'session_created' || event.seq !== 1) {
    throw new Error(`log of ${id} starts with ${event.type}, seq ${event.seq}`);
  }
  return {
    id,
    principal: event.principal,
    mcpSessionId: event.mcpSessionId,
    status: 'ready',
    ...(event.name !== undefined && { name: event.name }),
    options: event.options,
    labels: event.labels,
    ...(event.forkOf !== undefined && { forkOf: event.forkOf }),
    taskIds: [],
    createdAt: event.at,
    lastActivity: event.at,
    turns: { queued: 0, running: 0, completed: 0, failed: 0 },
    pendingPermissions: 0,
    lastSeq: event.seq,
    usage: NO_USAGE,
  };
}

/**
 * The session after the event. Throws where the log contradicts itself (a gap, a change of status
 * that the table does not know): that is a defect, never a caller's mistake.
 */
export function apply(session: Session, event: SessionEvent): Session {
  if (event.seq !== session.lastSeq + 1) {
    throw new Error(`log of ${session.id}: seq ${event.seq} after ${session.lastSeq}`);
  }
  const status = statusAfter(session, event);
  if (!canBecome(session.status, status)) {
    throw new Error(`log of ${session.id}: ${session.status} cannot become ${status}`);
  }
  return {
    ...withoutError(session, status),
    status,
    lastSeq: event.seq,
    lastActivity: Math.max(session.lastActivity, event.at),
    // Last: right after the other spread, the copy costs V8 three times as much.
    ...changeOf(session, event),
  };
}

/** A status other than `error` carries no cause. */
function withoutError(session: Session, status: SessionStatus): Session {
  if (session.error === undefined || status === 'error' || status === 'terminated') return session;
  const { error: _gone, ...rest } = session;
  return rest;
}

function statusAfter(session: Session, event: EventBody): SessionStatus {
  switch (event.type) {
    case 'turn_started':
      return 'busy';
    case 'turn_ended':
      return session.status === 'error' ? 'error' : 'ready';
    case 'notice':
      return event.requeued && session.status === 'busy' ? 'ready' : session.status;
    case 'session_error':
      return 'error';
    case 'session_ended':
      return 'terminated';
    case 'status_set':
      return event.status;
    default:
      return session.status;
  }
}

function changeOf(session: Session, event: SessionEvent): Partial<Session> {
  switch (event.type) {
    case 'session_created':
      throw new Error(`log of ${session.id}: created again at seq ${event.seq}`);
    case 'session_tied':
      return { mcpSessionId: event.mcpSessionId };
    case 'session_updated':
      return event.changes;
    case 'session_error':
      return { error: event.error };
    case 'session_ended':
      return { endedAt: event.at, endReason: event.reason };
    case 'task_linked':
      return { taskIds: [...session.taskIds.filter((id) => id !== event.taskId), event.taskId] };
    case 'task_unlinked':
      return { taskIds: session.taskIds.filter((id) => id !== event.taskId) };
    case 'permission_requested':
      return { pendingPermissions: session.pendingPermissions + 1 };
    case 'permission_answered':
      return { pendingPermissions: session.pendingPermissions - 1 };
    case 'prompt_queued':
    case 'prompt_cancelled':
    case 'turn_started':
    case 'turn_ended':
    case 'notice':
      return turnChange(session, event);
    default:
      return {};
  }
}

function turnChange(session: Session, event: EventBody): Partial<Session> {
  const { turns } = session;
  switch (event.type) {
    case 'prompt_queued':
      return { turns: { ...turns, queued: turns.queued + 1 } };
    case 'prompt_cancelled':
      return { turns: { ...turns, queued: turns.queued - 1 } };
    case 'turn_started': {
      const queued = event.turn.origin === 'prompt' ? turns.queued - 1 : turns.queued;
      return { turns: { ...turns, queued, running: 1 } };
    }
    case 'turn_ended':
      return {
        turns: { ...turns, running: 0, ...counted(turns, event.turn) },
        ...usageAfter(session, event.turn),
      };
    case 'notice':
      return event.requeued ? { turns: { ...turns, running: 0, queued: turns.queued + 1 } } : {};
    default:
      return {};
  }
}

function usageAfter(
  { usage, usageByModel = {} }: Session,
  turn: Turn,
): Pick<Session, 'usage' | 'usageByModel'> {
  return {
    usage: turn.usage ? addUsage(usage, turn.usage) : usage,
    ...(turn.usageByModel && { usageByModel: addUsageByModel(usageByModel, turn.usageByModel) }),
  };
}

/** An interrupted turn was neither completed nor a failure; a lost one is a failure. */
function counted(turns: TurnCounts, turn: Turn): Partial<TurnCounts> {
  if (turn.state === 'completed') return { completed: turns.completed + 1 };
  if (turn.state === 'failed' || turn.state === 'lost') return { failed: turns.failed + 1 };
  return {};
}
