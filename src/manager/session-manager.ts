import { randomUUID } from 'node:crypto';
import { quoteId, SessionError, SessionNotFoundError } from '../errors.ts';
import {
  KEY_CHARS_MAX,
  LIBRARY_SESSIONS_MAX,
  REASON_CHARS_MAX,
  TASK_ID_CHARS_MAX,
} from '../limits.ts';
import { SESSION_ID_PREFIX } from '../session/session.ts';
import {
  canBecome,
  isSessionStatus,
  SESSION_STATUSES,
  type SessionStatus,
} from '../session/status.ts';
import { IdleOrder } from './idle-order.ts';
import type { ClaudeCodeSession } from './live-session.ts';
import { type ClaudeCodeOptions, copyOptions, invalid, isText, isWord } from './options.ts';
import { type Clock, SessionState, type Shared } from './session-state.ts';
import { type SessionMetrics, Tally } from './tally.ts';

export type SessionManagerDeps = {
  readonly clock?: Clock;
  /** Makes a UUID v4. */
  readonly newId?: () => string;
  /** Gets a warning for each abort that failed; a pino logger fits. Silent by default. */
  readonly logger?: { warn(details: object, message: string): void };
};

const SYSTEM_CLOCK: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

/**
 * Sessions in memory, for a host that runs Claude Code by itself: without a server, a store or files.
 * All methods are synchronous.
 */
export class SessionManager {
  readonly #newId: () => string;
  readonly #sessions = new Map<string, SessionState>();
  readonly #shared: Shared;

  /** Every dependency has a default. */
  constructor(deps: SessionManagerDeps = {}) {
    const { clock = SYSTEM_CLOCK, newId = randomUUID, logger = { warn: () => {} } } = deps;
    this.#newId = newId;
    this.#shared = {
      clock,
      idle: new IdleOrder(),
      tally: new Tally(),
      abortFailed: (sessionId, err) => warn(logger, { sessionId, err }),
    };
  }

  /**
   * Makes a session, which is `ready` at once. Whether the working directory exists is not checked.
   *
   * @throws SessionError INVALID_REQUEST for an unknown option or a value out of range (a relative
   * path, a negative timeout); LIMIT_EXCEEDED if LIBRARY_SESSIONS_MAX sessions have not ended
   */
  createSession(options: ClaudeCodeOptions = {}): ClaudeCodeSession {
    const copy = copyOptions(options);
    if (this.#sessions.size >= LIBRARY_SESSIONS_MAX) {
      throw new SessionError(
        'LIMIT_EXCEEDED',
        `${LIBRARY_SESSIONS_MAX} sessions have not ended (LIBRARY_SESSIONS_MAX)`,
        { hint: 'endSession or cleanupOldSessions makes room.' },
      );
    }
    const id = SESSION_ID_PREFIX + this.#newId();
    if (this.#sessions.has(id)) throw new Error(`newId returned the id of ${id} twice`);
    const { workingDirectory = process.cwd() } = copy;
    const state = new SessionState(id, copy, workingDirectory, this.#shared);
    this.#sessions.set(id, state);
    return state.session;
  }

  /** @throws SessionNotFoundError if there is no such session, or it has ended */
  getSession(id: string): ClaudeCodeSession {
    return this.#get(id).session;
  }

  /** @returns undefined if there is no such session, or it has ended */
  findSession(id: string): ClaudeCodeSession | undefined {
    return this.#sessions.get(id)?.session;
  }

  /** The sessions that have not ended, oldest first, in a new array. */
  getAllSessions(): ClaudeCodeSession[] {
    return Array.from(this.#sessions.values(), ({ session }) => session);
  }

  /**
   * Changes the status along the transition table, and counts as activity. `terminated` ends the session.
   *
   * @throws SessionNotFoundError, or SessionError: INVALID_REQUEST for an unknown word, CONFLICT for
   * a change that is not in the table. Nothing has changed then
   */
  updateStatus(id: string, status: SessionStatus): void {
    const state = this.#get(id);
    checkStatus(state, status);
    if (status === 'terminated') this.#end(state, 'status set to terminated');
    else state.become(status);
  }

  /** @throws SessionNotFoundError */
  updateActivity(id: string): void {
    this.#get(id).touch();
  }

  /**
   * Links a task, which becomes the session's `taskId`. Counts as activity.
   *
   * @param taskId text of 1 to 200 characters
   * @throws SessionNotFoundError, or SessionError INVALID_REQUEST
   */
  setTaskId(id: string, taskId: string): void {
    const state = this.#get(id);
    state.taskId = wordOf('task id', taskId, TASK_ID_CHARS_MAX);
    state.touch();
  }

  /**
   * Ties the session to an MCP session; the last call counts. Counts as activity. Whether the caller
   * may take the session over is for the host to check.
   *
   * @param mcpSessionId text of 1 to 200 characters
   * @throws SessionNotFoundError, or SessionError INVALID_REQUEST
   */
  setMcpSessionId(id: string, mcpSessionId: string): void {
    const state = this.#get(id);
    state.mcpSessionId = wordOf('MCP session id', mcpSessionId, KEY_CHARS_MAX);
    state.touch();
  }

  /**
   * Ends a session. First it is `terminated` and forgotten, then its controller is aborted with an
   * `AbortError` that has the reason as its message. What the abort throws is logged.
   *
   * @returns the session; undefined if there was nothing to end
   * @throws SessionError INVALID_REQUEST if the reason is not text of 1 to 1000 characters
   */
  endSession(id: string, reason = 'ended by its host'): ClaudeCodeSession | undefined {
    const state = this.#sessions.get(id);
    if (state === undefined) return undefined;
    if (!isText(reason, REASON_CHARS_MAX)) {
      throw invalid(`reason: expected text of 1 to ${REASON_CHARS_MAX} characters`);
    }
    this.#end(state, reason.toWellFormed());
    return state.session;
  }

  /** The counts and the mean duration, in constant time. */
  getMetrics(): SessionMetrics {
    return this.#shared.tally.metrics();
  }

  /**
   * Ends the sessions that have been idle for longer than `maxAgeMs` by the monotonic clock, but never
   * a busy one. The cost grows with the number ended. Nothing calls this by itself.
   *
   * @returns how many were ended
   * @throws SessionError INVALID_REQUEST for an age that is negative or not finite
   */
  cleanupOldSessions(maxAgeMs = 3_600_000): number {
    if (!Number.isFinite(maxAgeMs) || maxAgeMs < 0) {
      throw invalid('maxAgeMs: expected a number of milliseconds, 0 or more');
    }
    const { clock, idle } = this.#shared;
    // Read once: what listeners touch or make meanwhile is younger, so the loop comes to an end.
    const elapsedMs = clock.monotonic();
    let ended = 0;
    let oldest = idle.oldest;
    while (oldest !== undefined && elapsedMs - oldest.activeMs > maxAgeMs) {
      this.#end(oldest, `idle for longer than ${maxAgeMs} ms`);
      ended += 1;
      oldest = idle.oldest;
    }
    return ended;
  }

  #get(id: string): SessionState {
    const state = this.#sessions.get(id);
    if (state === undefined) throw new SessionNotFoundError(id);
    return state;
  }

  #end(state: SessionState, reason: string): void {
    this.#sessions.delete(state.session.id);
    state.end();
    state.abort(state.controller, reason);
  }
}

function warn(logger: NonNullable<SessionManagerDeps['logger']>, details: object): void {
  try {
    logger.warn(details, 'abort of a session failed');
  } catch {
    // The session has ended all the same; a broken logger must not undo that.
  }
}

function checkStatus({ session: { id }, status }: SessionState, next: unknown): void {
  if (!isSessionStatus(next)) {
    throw new SessionError('INVALID_REQUEST', `${quoteId(next)} is not a status`, {
      hint: `use one of ${SESSION_STATUSES.join(', ')}.`,
    });
  }
  if (!canBecome(status, next)) {
    throw new SessionError('CONFLICT', `session ${id} is ${status} and cannot become ${next}`);
  }
}

/** The text as it is kept. */
function wordOf(name: string, value: unknown, charsMax: number): string {
  if (isWord(value, charsMax)) return value.toWellFormed();
  throw invalid(`${name}: expected text of 1 to ${charsMax} characters without U+0000`);
}
