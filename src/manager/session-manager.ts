/**
 * The library face: the session core (`decide` and `apply`) in memory, for a host that runs Claude
 * Code by itself. Everything here is synchronous; there is no server, no store and no file access.
 * The process's working directory is read as the default of a session's, and that is all.
 */

import { v4 } from 'uuid';
import { quoteId, SessionError, SessionNotFoundError } from '../errors.ts';
import {
  KEY_CHARS_MAX,
  LIBRARY_SESSIONS_MAX,
  REASON_CHARS_MAX,
  TASK_ID_CHARS_MAX,
  TASKS_PER_SESSION_MAX,
} from '../limits.ts';
import type { SessionCommand } from '../session/decide.ts';
import { SESSION_ID_PREFIX } from '../session/session.ts';
import type { SessionStatus } from '../session/status.ts';
import { abortContained } from './abort.ts';
import { BUFFER_NAMES, type BufferName, type ClaudeCodeSession, type Entry } from './entry.ts';
import { IdleOrder } from './idle-order.ts';
import { type ClaudeCodeOptions, copyOptions, isText, isWord } from './options.ts';
import { advance, newRecord } from './record.ts';
import { snapshotOf } from './snapshot.ts';
import { type SessionMetrics, Tally } from './tally.ts';
import { TextRing } from './text-ring.ts';

export type SessionManagerDeps = {
  readonly clock?: {
    /** Epoch milliseconds, for the times that are shown. */
    now(): number;
    /** Milliseconds that never go back, for ages and durations. */
    monotonic(): number;
  };
  /** A UUID v4. */
  readonly newId?: () => string;
  /** Hears of aborts that failed; a pino logger fits. Silent by default. */
  readonly logger?: { warn(details: object, message: string): void };
};

const SYSTEM_CLOCK = { now: () => Date.now(), monotonic: () => performance.now() };
const SILENT = { warn: () => {} };

export class SessionManager {
  readonly #clock: NonNullable<SessionManagerDeps['clock']>;
  readonly #newId: () => string;
  readonly #logger: NonNullable<SessionManagerDeps['logger']>;
  readonly #entries = new Map<string, Entry>();
  /** Every session that is not busy. */
  readonly #idle = new IdleOrder<Entry>();
  readonly #tally = new Tally();

  constructor(deps: SessionManagerDeps = {}) {
    this.#clock = deps.clock ?? SYSTEM_CLOCK;
    this.#newId = deps.newId ?? (() => v4());
    this.#logger = deps.logger ?? SILENT;
  }

  /**
   * Makes a session, `ready` from the start. The working directory is not looked at: whether it
   * exists is for whoever runs Claude Code in it.
   *
   * @throws SessionError INVALID_REQUEST for an unknown option or a value out of range (a relative
   * path, a negative timeout), LIMIT_EXCEEDED where LIBRARY_SESSIONS_MAX sessions have not ended
   */
  createSession(options: ClaudeCodeOptions = {}): ClaudeCodeSession {
    const copy = copyOptions(options);
    if (this.#entries.size >= LIBRARY_SESSIONS_MAX) throw tooManySessions();
    const id = SESSION_ID_PREFIX + this.#newId();
    if (this.#entries.has(id)) throw new Error(`newId gave the id of ${id} twice`);
    const { workingDirectory = process.cwd() } = copy;
    const elapsedMs = this.#clock.monotonic();
    const entry: Entry = {
      session: newRecord(id, copy, workingDirectory, this.#clock.now()),
      options: copy,
      createdMs: elapsedMs,
      activeMs: elapsedMs,
      buffers: {},
      controller: undefined,
      snapshot: undefined,
      older: undefined,
      newer: undefined,
    };
    this.#entries.set(id, entry);
    this.#idle.add(entry);
    this.#tally.created(entry.session.status);
    return snapshotOf(entry, this);
  }

  /** @throws SessionNotFoundError for an id that was never given out or has ended */
  getSession(id: string): ClaudeCodeSession {
    return snapshotOf(this.#entry(id), this);
  }

  findSession(id: string): ClaudeCodeSession | undefined {
    const entry = this.#entries.get(id);
    return entry && snapshotOf(entry, this);
  }

  /** The sessions that have not ended, oldest first, in an array of your own. */
  getAllSessions(): ClaudeCodeSession[] {
    return Array.from(this.#entries.values(), (entry) => snapshotOf(entry, this));
  }

  /**
   * Changes the status along the transition table and counts as activity; `terminated` ends the session.
   *
   * @throws SessionNotFoundError, or SessionError: INVALID_REQUEST for an unknown word, CONFLICT for
   * a change that the table does not know. Nothing has changed then
   */
  updateStatus(id: string, status: SessionStatus): void {
    const entry = this.#entry(id);
    if (status === 'terminated') this.#end(entry, 'status set to terminated');
    else this.#run(entry, { type: 'set_status', status });
  }

  /** @throws SessionNotFoundError */
  updateActivity(id: string): void {
    this.#run(this.#entry(id), { type: 'touch' });
  }

  /**
   * Links a task, which becomes the session's `taskId`; counts as activity. Of more than
   * TASKS_PER_SESSION_MAX tasks the one linked first gives way.
   *
   * @param taskId text of 1 to 200 characters
   * @throws SessionNotFoundError, or SessionError INVALID_REQUEST
   */
  setTaskId(id: string, taskId: string): void {
    const entry = this.#entry(id);
    const task = wordOf('task id', taskId, TASK_ID_CHARS_MAX);
    const { taskIds } = entry.session;
    const first = taskIds[0];
    const isFull = taskIds.length >= TASKS_PER_SESSION_MAX && !taskIds.includes(task);
    if (isFull && first !== undefined) this.#run(entry, { type: 'unlink_task', taskId: first });
    this.#run(entry, { type: 'link_task', taskId: task });
  }

  /**
   * Ties the session to an MCP session, the last one given; counts as activity. Whether the caller
   * may take it over is for the host to know.
   *
   * @param mcpSessionId text of 1 to 200 characters
   * @throws SessionNotFoundError, or SessionError INVALID_REQUEST
   */
  setMcpSessionId(id: string, mcpSessionId: string): void {
    const entry = this.#entry(id);
    const tied = wordOf('MCP session id', mcpSessionId, KEY_CHARS_MAX);
    this.#run(entry, { type: 'tie', mcpSessionId: tied });
  }

  /**
   * Takes what aborts the session's run when the session ends; undefined takes it back. One run at a
   * time: in a busy session, the controller that another one replaces is aborted. A listener that
   * throws is logged; see `abort.ts` for what cannot be caught.
   *
   * @throws SessionNotFoundError, or SessionError INVALID_REQUEST for what cannot abort
   */
  setAbortController(id: string, controller: AbortController | undefined): void {
    const entry = this.#entry(id);
    if (controller !== undefined && typeof controller?.abort !== 'function') {
      throw new SessionError('INVALID_REQUEST', `session ${id}: expected an AbortController`);
    }
    const replaced = entry.controller;
    entry.controller = controller;
    const takesOver = controller !== undefined && controller !== replaced;
    if (takesOver && entry.session.status === 'busy') {
      this.#abort(id, replaced, 'another run has taken over');
    }
  }

  /**
   * Adds to one of the session's buffers; counts as activity, so a session that streams is not idle.
   * A buffer keeps the last texts, up to BUFFER_ENTRIES_MAX and BUFFER_BYTES_MAX.
   *
   * @throws SessionNotFoundError, or SessionError INVALID_REQUEST
   */
  appendOutput(id: string, buffer: BufferName, text: string): void {
    const entry = this.#entry(id);
    if (!BUFFER_NAMES.includes(buffer)) {
      throw new SessionError('INVALID_REQUEST', `${quoteId(buffer)} is not a buffer`, {
        hint: `use one of ${BUFFER_NAMES.join(', ')}.`,
      });
    }
    if (typeof text !== 'string') {
      throw new SessionError('INVALID_REQUEST', `session ${id}: expected text for ${buffer}`);
    }
    entry.buffers[buffer] ??= new TextRing();
    entry.buffers[buffer].push(text.toWellFormed());
    this.#run(entry, { type: 'touch' });
  }

  /**
   * Ends a session: it is `terminated` and forgotten first, then its controller is aborted with an
   * `AbortError` that says the reason. What the abort throws is logged.
   *
   * @returns the session as it ended; undefined where there was nothing to end
   * @throws SessionError INVALID_REQUEST for a reason that is not text of 1 to 1000 characters
   */
  endSession(id: string, reason = 'ended by its host'): ClaudeCodeSession | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    checkText('reason', reason, REASON_CHARS_MAX);
    this.#end(entry, reason.toWellFormed());
    return snapshotOf(entry, this);
  }

  /** The counts and the mean duration, in constant time. */
  getMetrics(): SessionMetrics {
    return this.#tally.metrics();
  }

  /**
   * Ends the sessions that have been idle for longer than `maxAgeMs` by the monotonic clock, never a
   * busy one. The cost grows with the number ended. Nothing calls this by itself.
   *
   * @returns how many were ended
   * @throws SessionError INVALID_REQUEST for an age that is negative or not finite
   */
  cleanupOldSessions(maxAgeMs = 3_600_000): number {
    if (!Number.isFinite(maxAgeMs) || maxAgeMs < 0) {
      throw new SessionError('INVALID_REQUEST', 'maxAgeMs: expected milliseconds, 0 or more');
    }
    // Read once: what listeners touch or make meanwhile is younger, so this comes to an end.
    const elapsedMs = this.#clock.monotonic();
    let ended = 0;
    for (
      let entry = this.#idle.oldest;
      entry !== undefined && elapsedMs - entry.activeMs > maxAgeMs;
      entry = this.#idle.oldest
    ) {
      this.#end(entry, `idle for longer than ${maxAgeMs} ms`);
      ended += 1;
    }
    return ended;
  }

  #entry(id: string): Entry {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new SessionNotFoundError(id);
    return entry;
  }

  /** Every command counts as activity; one that is not legal changes nothing. */
  #run(entry: Entry, command: SessionCommand): void {
    const before = entry.session;
    const after = advance(before, command, this.#clock.now());
    entry.activeMs = this.#clock.monotonic();
    entry.session = after;
    entry.snapshot = undefined;
    if (after.status !== before.status) this.#tally.moved(before.status, after.status);
    this.#idle.remove(entry);
    if (after.status !== 'busy' && after.status !== 'terminated') this.#idle.add(entry);
  }

  #end(entry: Entry, reason: string): void {
    const { id } = entry.session;
    this.#run(entry, { type: 'end', reason });
    this.#entries.delete(id);
    this.#tally.ended(entry.activeMs - entry.createdMs);
    this.#abort(id, entry.controller, reason);
  }

  #abort(id: string, controller: AbortController | undefined, reason: string): void {
    if (controller === undefined) return;
    abortContained(controller, reason, (error) => {
      try {
        this.#logger.warn({ sessionId: id, err: error }, 'abort of a session failed');
      } catch {
        // The abort has been tried and the session is in order; a broken logger must not undo that.
      }
    });
  }
}

function checkText(name: string, value: unknown, charsMax: number): void {
  if (isText(value, charsMax)) return;
  throw new SessionError(
    'INVALID_REQUEST',
    `${name}: expected text of 1 to ${charsMax} characters`,
  );
}

/** As it is kept. */
function wordOf(name: string, value: unknown, charsMax: number): string {
  if (isWord(value, charsMax)) return value.toWellFormed();
  throw new SessionError(
    'INVALID_REQUEST',
    `${name}: expected text of 1 to ${charsMax} characters without U+0000`,
  );
}

function tooManySessions(): SessionError {
  return new SessionError(
    'LIMIT_EXCEEDED',
    `${LIBRARY_SESSIONS_MAX} sessions have not ended (LIBRARY_SESSIONS_MAX)`,
    { hint: 'endSession or cleanupOldSessions makes room.' },
  );
}
