/**
 * The store port: what must be kept, said without a database. A session's log is the truth; the
 * session, turn and permission rows and the metric sums are what the log makes of them, written in
 * the same transaction. Policy (who may, what is legal) belongs to the callers; order, durability and
 * the fence belong to the store. Every method that writes resolves only after the write is durable.
 */

import type { OpenTurn, SessionState } from '../session/decide.ts';
import type { EventBody, SessionEvent, Turn } from '../session/event.ts';
import type { Metrics } from '../session/metrics.ts';
import type { Session } from '../session/session.ts';
import type { SessionStatus } from '../session/status.ts';

/** Proof of the lease on a session: an append that names a stale epoch is refused. */
export type Fence = {
  readonly sessionId: string;
  readonly owner: string;
  readonly epoch: number;
};

/** A retried call is known by its key; the same key with other arguments is a mistake. */
export type RequestKey = {
  readonly principal: string;
  readonly tool: string;
  readonly key: string;
  /** Digest of the arguments. */
  readonly fingerprint: string;
};

/** What a keyed call answered the first time. */
export type Reply = {
  readonly sessionId: string;
  readonly turnId?: string;
  /** The seq to read on from. */
  readonly after: number;
};

export type Appended = {
  readonly session: Session;
  /** What was appended; empty where the command changed nothing or the call is a retry. */
  readonly events: readonly SessionEvent[];
  readonly reply: Reply;
};

export type AppendOptions = {
  /** For writes of a runner: refused with a {@link StaleFenceError} when the lease is gone. */
  readonly fence?: Fence;
  readonly key?: RequestKey;
};

/** Decides on the row that the transaction sees. Must be pure: it may run more than once. */
export type Decision = (state: SessionState) => readonly EventBody[];

/** A turn this server may run now: the lease is taken and `turn_started` is in the log. */
export type Claim = {
  readonly session: Session;
  readonly turn: OpenTurn;
  readonly fence: Fence;
};

/** Enough to know a process again: ids are reused, a start time and a boot are not. */
export type ProcessIdentity = {
  readonly pid: number;
  readonly startTime: string;
  readonly bootId: string;
  /** In the environment of the process and of everything it starts. */
  readonly marker: string;
};

export type SessionQuery = {
  readonly principal: string;
  readonly mcpSessionId?: string;
  readonly status?: SessionStatus;
  readonly taskId?: string;
  readonly label?: { readonly key: string; readonly value: string };
  readonly limit: number;
  readonly cursor?: SessionCursor;
};

/** A place in the list, newest activity first. */
export type SessionCursor = { readonly lastActivity: number; readonly id: string };

/** The lease this write relied on has passed to somebody else: stop, and write nothing more. */
export class StaleFenceError extends Error {
  constructor(fence: Fence) {
    super(`epoch ${fence.epoch} of ${fence.sessionId} is no longer current`);
    this.name = 'StaleFenceError';
  }
}

export interface Store {
  /** Writes a new session and its first events. With a known key, answers as the first call did. */
  create(sessionId: string, events: readonly EventBody[], key?: RequestKey): Promise<Appended>;

  /**
   * Appends what `decide` makes of the session as this transaction sees it.
   *
   * @throws SessionNotFoundError, StaleFenceError, or whatever `decide` throws; nothing is written then
   */
  append(sessionId: string, decide: Decision, options?: AppendOptions): Promise<Appended>;

  /**
   * Takes the next queued turn of a session that nobody else runs, under `owner`'s lease, and starts
   * it. Fair: the session served longest ago comes first.
   *
   * @param except sessions the owner cannot run now
   */
  claim(owner: string, except: ReadonlySet<string>): Promise<Claim | undefined>;

  /** Remembers the process of a leased session until {@link release}. */
  recordProcess(fence: Fence, process: ProcessIdentity): Promise<void>;

  /** Written before a prompt is handed to Claude Code: from here on the turn is never run again. */
  markPrompted(fence: Fence, turnId: string): Promise<void>;

  /** Extends the owner's leases; returns those that are lost. */
  renew(owner: string, fences: readonly Fence[]): Promise<readonly Fence[]>;

  /** Gives the lease back once the session's process is gone. */
  release(fence: Fence): Promise<void>;

  /** One session of a principal, ended ones too. */
  session(principal: string, sessionId: string): Promise<Session | undefined>;
  sessions(query: SessionQuery): Promise<readonly Session[]>;
  turn(sessionId: string, turnId: string): Promise<Turn | undefined>;
  /** Events after a seq, in order. */
  events(sessionId: string, after: number, limit: number): Promise<readonly SessionEvent[]>;
  /** The sums of a scope (see `scopesOf`), or of a single session. */
  metrics(principal: string, scope: string): Promise<Metrics>;

  /**
   * Calls back after every commit that touched sessions, with their ids, or with undefined where
   * another process wrote and anything may have changed. Returns the function that stops it.
   */
  subscribe(listener: (sessionIds: ReadonlySet<string> | undefined) => void): () => void;

  close(): Promise<void>;
}
