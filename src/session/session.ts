/** The session record, and the one function that changes it: applying a log gives the session. */

import type { Failure } from '../errors.ts';
import { SILENT_MS_MIN } from '../limits.ts';
import type { BackgroundTask } from './background-task.ts';
import {
  type ContextUse,
  type EventTable,
  handleEvent,
  type SessionEvent,
  type Turn,
  type Usage,
  type UsageByModel,
} from './event.ts';
import type { ChangeableOptions, ChosenMode, SessionOptions, TrustLevel } from './options.ts';
import { canBecome, type SessionStatus } from './status.ts';
import { addUsage, addUsageByModel, NO_USAGE } from './usage.ts';

/** `claude_` + the UUID that Claude Code itself uses for the conversation. */
export const SESSION_ID_PREFIX = 'claude_';

const SESSION_ID = /^claude_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether a text can only be an id, whatever sessions are named. */
export function isSessionId(text: string): boolean {
  return SESSION_ID.test(text);
}

export type TurnCounts = {
  readonly queued: number;
  readonly running: number;
  readonly completed: number;
  /** The lost ones too. */
  readonly failed: number;
  readonly interrupted: number;
  readonly lost: number;
  readonly cancelled: number;
};

/** The turn that started last: it runs, or this is how it ended. */
export type LastTurn = Pick<Turn, 'id' | 'state' | 'error' | 'endedAt'>;

const NO_TURNS: TurnCounts = {
  queued: 0,
  running: 0,
  completed: 0,
  failed: 0,
  interrupted: 0,
  lost: 0,
  cancelled: 0,
};

/** The options that have changed since the session was created are beside its own ones, under the same names. */
export type Session = ChangeableOptions & {
  readonly id: string;
  readonly principal: string;
  readonly mcpSessionId: string | null;
  readonly status: SessionStatus;
  readonly name?: string;
  /** As chosen when it was created; `optionsNow` says what counts. */
  readonly options: SessionOptions;
  readonly chosenMode?: ChosenMode;
  /** The level that its process was last started with, once a notice has said it. */
  readonly settings?: TrustLevel;
  readonly labels: Readonly<Record<string, string>>;
  readonly forkOf?: { readonly sessionId: string };
  /** Oldest link first; the last one is shown as `taskId`. */
  readonly taskIds: readonly string[];
  readonly createdAt: number;
  readonly lastActivity: number;
  readonly endedAt?: number;
  readonly endReason?: string;
  readonly turns: TurnCounts;
  /** Absent until a turn has started. */
  readonly lastTurn?: LastTurn;
  readonly pendingPermissions: number;
  /** When Claude was last heard of in a turn. Earlier versions do not write it. */
  readonly heard?: { readonly turnId: string; readonly at: number };
  /** What runs beside the turns under the lease with this epoch, if that is in force. */
  readonly background?: { readonly epoch: number; readonly tasks: readonly BackgroundTask[] };
  readonly lastSeq: number;
  readonly usage: Usage;
  /** The same by model, once a turn has reported it. */
  readonly usageByModel?: UsageByModel;
  /** As of the last turn that knew. */
  readonly context?: ContextUse;
  readonly error?: Failure;
};

/** The UUID in the id of a session, under which Claude Code knows the conversation. */
export function uuidOf(id: string): string {
  return id.slice(SESSION_ID_PREFIX.length);
}

/**
 * Since when Claude has written nothing in a running turn, if for long enough to be worth saying. A session that waits
 * for a permission is not silent. What a caller does, and notices, do not break a silence.
 *
 * @param now epoch milliseconds
 */
export function silentSince(session: Session, now: number): number | undefined {
  const { status, pendingPermissions, heard, lastTurn, lastActivity } = session;
  const isWorking = status === 'busy' && pendingPermissions === 0;
  const since = heard !== undefined && heard.turnId === lastTurn?.id ? heard.at : lastActivity;
  return isWorking && now - since >= SILENT_MS_MIN ? since : undefined;
}

/** Whether the turn that started last came to nothing, and nobody has tried again since. */
export function hasFailed({ lastTurn }: Session): boolean {
  return lastTurn?.state === 'failed' || lastTurn?.state === 'lost';
}

/** The task linked last, which is the one that most callers mean. */
export function taskIdOf(session: Session): string | null {
  return session.taskIds.at(-1) ?? null;
}

/**
 * The session after the first event of its log.
 *
 * @throws Error if that is not `session_created` with seq 1
 */
export function applyCreated(id: string, event: SessionEvent): Session {
  if (event.type !== 'session_created' || event.seq !== 1) {
    throw new Error(`log of ${id} starts with ${event.type}, seq ${event.seq}`);
  }
  return {
    id,
    principal: event.principal,
    mcpSessionId: event.mcpSessionId,
    status: 'ready',
    name: event.name,
    options: event.options,
    labels: event.labels,
    forkOf: event.forkOf,
    taskIds: [],
    createdAt: event.at,
    lastActivity: event.at,
    turns: NO_TURNS,
    pendingPermissions: 0,
    lastSeq: event.seq,
    usage: NO_USAGE,
  };
}

/**
 * The session after the event.
 *
 * @throws Error if the log contradicts itself (a gap in seq, an illegal change of status): a defect of ours, never a
 *   caller's mistake
 */
export function apply(session: Session, event: SessionEvent): Session {
  if (event.seq !== session.lastSeq + 1) {
    throw new Error(`log of ${session.id}: seq ${event.seq} after ${session.lastSeq}`);
  }
  const change = handleEvent(CHANGES, event, session);
  const { status = session.status } = change;
  if (!canBecome(session.status, status)) {
    throw new Error(`log of ${session.id}: ${session.status} cannot become ${status}`);
  }
  return {
    ...withoutError(session, status),
    lastSeq: event.seq,
    lastActivity: Math.max(session.lastActivity, event.at),
    // Last: right after the other spread, the copy costs V8 three times as much.
    ...change,
  };
}

/** A status other than `error` carries no cause. */
function withoutError(session: Session, status: SessionStatus): Session {
  if (session.error === undefined || status === 'error' || status === 'terminated') return session;
  const { error: _gone, ...rest } = session;
  return rest;
}

function heardIn({ at }: SessionEvent, { lastTurn }: Session): Pick<Session, 'heard'> {
  return lastTurn === undefined ? {} : { heard: { turnId: lastTurn.id, at } };
}

const CHANGES: EventTable<Partial<Session>, [session: Session]> = {
  session_created: (event, { id }) => {
    throw new Error(`log of ${id}: created again at seq ${event.seq}`);
  },
  session_tied: ({ mcpSessionId }) => ({ mcpSessionId }),
  session_updated: ({ changes }) => changes,
  session_error: ({ error }) => ({ status: 'error', error }),
  session_ended: ({ at, reason }) => ({ status: 'terminated', endedAt: at, endReason: reason }),
  task_linked: ({ taskId }, { taskIds }) => ({
    taskIds: [...taskIds.filter((id) => id !== taskId), taskId],
  }),
  task_unlinked: ({ taskId }, { taskIds }) => ({ taskIds: taskIds.filter((id) => id !== taskId) }),
  prompt_queued: (_event, { turns }) => ({ turns: { ...turns, queued: turns.queued + 1 } }),
  prompt_cancelled: ({ turnId, at }, { turns, lastTurn }) => ({
    turns: { ...turns, queued: turns.queued - 1, cancelled: turns.cancelled + 1 },
    // It had started, and was queued again.
    ...(lastTurn?.id === turnId && { lastTurn: { id: turnId, state: 'cancelled', endedAt: at } }),
  }),
  turn_started: ({ turn, at }, { turns }) => {
    const queued = turn.origin === 'prompt' ? turns.queued - 1 : turns.queued;
    return {
      status: 'busy',
      turns: { ...turns, queued, running: 1 },
      lastTurn: { id: turn.id, state: 'running' },
      heard: { turnId: turn.id, at },
    };
  },
  turn_ended: ({ turn }, session) => ({
    status: session.status === 'error' ? 'error' : 'ready',
    turns: { ...session.turns, running: 0, ...countedTurns(session.turns, turn) },
    lastTurn: lastTurnOf(turn),
    ...usageAfter(session, turn),
    ...(turn.context && { context: turn.context }),
  }),
  text: heardIn,
  tool_use: heardIn,
  tool_result: heardIn,
  notice: ({ requeued, turnId, settings }, { status, turns, lastTurn }) => {
    if (settings !== undefined) return { settings };
    return requeued
      ? {
          status: status === 'busy' ? 'ready' : status,
          turns: { ...turns, running: 0, queued: turns.queued + 1 },
          ...(lastTurn && lastTurn.id === turnId && { lastTurn: { id: turnId, state: 'queued' } }),
        }
      : {};
  },
  permission_requested: (event, session) => ({
    ...heardIn(event, session),
    pendingPermissions: session.pendingPermissions + 1,
  }),
  permission_answered: (event, session) => ({
    ...heardIn(event, session),
    pendingPermissions: session.pendingPermissions - 1,
  }),
};

function usageAfter(
  { usage, usageByModel = {} }: Session,
  turn: Turn,
): Pick<Session, 'usage' | 'usageByModel'> {
  return {
    usage: turn.usage ? addUsage(usage, turn.usage) : usage,
    // Not set to undefined: that would take away what is there.
    ...(turn.usageByModel && { usageByModel: addUsageByModel(usageByModel, turn.usageByModel) }),
  };
}

/** An interrupted turn has neither completed nor failed; a lost one has failed. */
function countedTurns(turns: TurnCounts, turn: Turn): Partial<TurnCounts> {
  if (turn.state === 'completed') return { completed: turns.completed + 1 };
  if (turn.state === 'failed') return { failed: turns.failed + 1 };
  if (turn.state === 'lost') return { failed: turns.failed + 1, lost: turns.lost + 1 };
  if (turn.state === 'interrupted') return { interrupted: turns.interrupted + 1 };
  return {};
}

/** Without its text and usage, which the log has. */
function lastTurnOf({ id, state, error, endedAt }: Turn): LastTurn {
  return { id, state, ...(error && { error }), ...(endedAt !== undefined && { endedAt }) };
}
