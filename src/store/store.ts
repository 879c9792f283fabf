/**
 * The store port: what is stored, whatever the database. A session's log is the truth; the rows of sessions, turns and
 * permission requests and the sums are derived from it, in the same transaction. Policy (who may do what, what is legal)
 * belongs to the callers; order, durability and the fence belong to the store. Every method that writes resolves only after the write is durable.
 */

import type { Failure } from '../errors.ts';
import type { BackgroundTask } from '../session/background-task.ts';
import type { Asker, Command, Effect } from '../session/command.ts';
import type { OpenTurn } from '../session/decide.ts';
import type { EventBody, SessionEvent, Turn, UsageByModel } from '../session/event.ts';
import type { Metrics } from '../session/metrics.ts';
import type { ProcessIdentity } from '../session/process.ts';
import type { RememberRule } from '../session/remembered.ts';
import type { Session } from '../session/session.ts';
import type { Peers } from './peers.ts';
import type {
  ActivityQuery,
  CompletionQuery,
  IdleQuery,
  IdleSession,
  ListedRequest,
  ListedSession,
  NameQuery,
  OneRequest,
  RequestQuery,
  Searched,
  SearchQuery,
  SessionMark,
  SessionQuery,
} from './queries.ts';

/** Proof of the lease on a session: an append that names a stale epoch is refused. */
export type Fence = {
  readonly sessionId: string;
  readonly owner: string;
  readonly epoch: number;
};

/** Identifies a retried call. The same key with different arguments is an error. */
export type RequestKey = {
  readonly principal: string;
  readonly tool: string;
  readonly key: string;
  /** Digest of the arguments. */
  readonly fingerprint: string;
};

/** What a call is answered; with a key, what its retries are. */
export type Reply = {
  readonly sessionId: string;
  /** The turn that carries the prompt. */
  readonly turnId?: string;
  /** The seq to read on from. */
  readonly after: number;
  /** What was left to do when this was written. */
  readonly effect?: Effect;
  /** Why that could not be done. */
  readonly failure?: Failure;
};

export type Appended = {
  readonly session: Session;
  /** What was appended; empty if the command changed nothing or the call is a retry. */
  readonly events: readonly SessionEvent[];
  readonly reply: Reply;
  /** The call had been answered before, under its key; nothing was written. */
  readonly isRetry?: boolean;
  /** The MCP session that the session is tied to, if that was in the way of {@link AppendOptions.asker}. Nothing was written. */
  readonly heldBy?: string;
  /** Why the commands of a `record` were not written. */
  readonly refused?: unknown;
  /** What came of {@link AppendOptions.claim}. */
  readonly claim?: Claim | 'full';
};

/** What one call wrote of a session. */
export type Change = {
  /** As it is after these events. */
  readonly session: Session;
  readonly events: readonly SessionEvent[];
};

/** What commits have changed. */
export type News = {
  /** The sessions of which something changed: their log, their lease, or their orders. */
  readonly sessions: ReadonlySet<string> | 'any';
  /** A turn may have become claimable: it was queued, or whoever kept it waiting is gone. */
  readonly work: boolean;
  /** There may be new orders, or a lease has passed on to whom they are for now. */
  readonly orders: boolean;
};

/** One durable write of this server. */
export type Commit = {
  readonly changes: readonly Change[];
  /** Includes the sync of the disk. */
  readonly durationMs: number;
};

export type AppendOptions = {
  /** The caller that asks for it, if whether it may has to be checked. */
  readonly asker?: Asker;
  /** For writes of a runner: refused with a {@link StaleFenceError} if the lease is gone. */
  readonly fence?: Fence;
  /** With a known key, the call is answered as the first one was. */
  readonly key?: RequestKey;
  /** The key of an earlier call, whose retries are answered with this reply from now on. */
  readonly answers?: RequestKey;
  /** Has the next turn claimed in the same transaction, as {@link Store.claim} would right after it. */
  readonly claim?: Claimant;
};

/** A turn this server may run now: the lease is taken and `turn_started` is in the log. */
export type Claim = {
  readonly session: Session;
  readonly turn: OpenTurn;
  readonly fence: Fence;
  /** It goes to {@link ClaimOptions.warm} and counts as prompted already. */
  readonly prompted: boolean;
  /** The process of an earlier owner that never released it: must be gone before the turn runs. */
  readonly leftover?: ProcessIdentity;
};

/** Who holds a session, and what recovery must know to take it over. */
export type Lease = {
  readonly fence: Fence;
  /** Epoch milliseconds; past it another owner's claim may take the session. */
  readonly until: number;
  readonly process?: ProcessIdentity;
  /** The turn that runs; `prompted` says that Claude Code may have seen it. */
  readonly turn?: { readonly id: string; readonly prompted: boolean };
};

/** See {@link Store.note}. */
export type LeaseFact =
  /** The marker of a process that is about to be started. */
  | { readonly starting: string }
  | { readonly process: ProcessIdentity }
  | { readonly promptedTurn: string }
  /** When Claude has written something that is no event yet, in epoch milliseconds: the session's last activity. */
  | { readonly heardAt: number }
  /** What the process runs in the background: shown with the session until the lease has passed on. */
  | { readonly tasks: readonly BackgroundTask[] };

/** What a scope has counted. */
export type Sums = { readonly metrics: Metrics; readonly usageByModel: UsageByModel };

export type Observer = {
  /** Hears after every commit of this server what it wrote: each event once, in order. */
  committed?(commit: Commit): void;
  /**
   * The store writes again after a disk failure. Whether a write took effect that was refused with UNAVAILABLE and
   * `retryable: false` was unknown until now; from here on reads tell.
   */
  reopened?(): void;
};

export type ClaimOptions = {
  /** Sessions the owner cannot run now. */
  readonly except: ReadonlySet<string>;
  /** Leases at once, over all owners; a lease that `owner` holds already takes no further place. */
  readonly maxLive: number;
  /** Whether a lease of another owner that has run out may be taken. */
  readonly takeLapsed: boolean;
  /**
   * The lease of a recorded process that waits for a prompt: a turn of its session is handed over soon, so it is claimed
   * as prompted.
   */
  readonly warm?: Fence;
};

export type Claimant = ClaimOptions & { readonly owner: string };

/** The lease that this write relied on has passed to another owner: stop, and write nothing more. */
export class StaleFenceError extends Error {
  constructor(fence: Fence) {
    super(`epoch ${fence.epoch} of ${fence.sessionId} is no longer current`);
    this.name = 'StaleFenceError';
  }
}

export interface Store {
  /** What servers on one store tell each other. */
  readonly peers: Peers;

  /** Writes a new session and its first events. With a known key, answers as the first call did. */
  create(sessionId: string, events: readonly EventBody[], key?: RequestKey): Promise<Appended>;

  /**
   * Appends what `command` makes of the session as this transaction sees it.
   *
   * @throws SessionNotFoundError, StaleFenceError, or a SessionError if the command is not legal; nothing is written then
   */
  append(sessionId: string, command: Command, options?: AppendOptions): Promise<Appended>;

  /**
   * What the first call with this key was answered, if there was one.
   *
   * @throws SessionError CONFLICT if its arguments were others
   */
  reply(key: RequestKey): Promise<Reply | undefined>;

  /**
   * Takes the next queued turn of a session that nobody else runs, under `owner`'s lease, and starts
   * it. Fair: the session served longest ago comes first.
   *
   * @returns `full` if a turn waits and only a free slot is missing
   */
  claim(owner: string, options: ClaimOptions): Promise<Claim | 'full' | undefined>;

  /**
   * Notes about a leased session: its process, remembered until {@link release}; the turn whose prompt is about to
   * be handed to Claude Code, which is never run again from here on, unless another process is started for it; or that
   * it is active, which changes neither its log nor its place in the order of activity.
   */
  note(fence: Fence, fact: LeaseFact): Promise<void>;

  /** Extends the owner's leases; returns those that are lost. */
  renew(owner: string, fences: readonly Fence[]): Promise<readonly Fence[]>;

  /**
   * Gives the lease back once the session's process is gone. Does nothing if it is lost already,
   * or while a turn still runs: nobody would end a running turn without a lease.
   */
  release(fence: Fence): Promise<void>;

  /** Every lease, lapsed ones too; of one session, if it is named. */
  leases(sessionId?: string): Promise<readonly Lease[]>;

  /**
   * Deletes what is older than `ageMs`: sessions that ended that long ago with their logs, keys of calls. At
   * most about `limit` rows, so that others can write in between. The sums stay.
   *
   * @returns whether there may be more
   */
  prune(ageMs: number, limit: number): Promise<boolean>;

  /**
   * Takes a lease from an owner that is gone: raises the epoch, so that nothing of the old owner is
   * written any more. Undefined if `fence` is no longer current. The caller
   * decides when that is allowed, and kills what the old owner left running.
   */
  takeOver(fence: Fence, owner: string): Promise<Fence | undefined>;

  /** One session of a principal, ended ones too. */
  session(principal: string, sessionId: string): Promise<Session | undefined>;
  sessions(query: SessionQuery): Promise<readonly ListedSession[]>;
  search(query: SearchQuery): Promise<Searched>;
  turn(sessionId: string, turnId: string): Promise<Turn | undefined>;
  /**
   * Events after a seq, in order: up to `limit`, fewer if they are large, but at least one if there
   * is one. Only an empty page is the end of the log.
   */
  events(sessionId: string, after: number, limit: number): Promise<readonly SessionEvent[]>;
  /** The sums of a scope (see `scopesOf`); a single session's are its `contributionOf`. */
  sums(principal: string, scope: string): Promise<Sums>;
  /** The sums over all principals. The cost grows with their number only. */
  totals(): Promise<Metrics>;
  /** Pending permission requests, oldest first; or one request in whatever state. */
  requests(query: RequestQuery | OneRequest): Promise<readonly ListedRequest[]>;
  /** What was allowed for the rest of the session; bounded. */
  remembered(sessionId: string): Promise<readonly RememberRule[]>;
  /** The same for people and models to read. */
  memories(sessionId: string): Promise<readonly string[]>;
  /**
   * For a word that is being typed: cheap however many sessions there are, so it may miss old ones. A session is
   * also found by its name.
   */
  complete(query: CompletionQuery): Promise<readonly string[]>;
  /** The ids of sessions by their name, in order. */
  named(query: NameQuery): Promise<readonly string[]>;
  /** The sessions after a place in the order of activity, oldest activity first. */
  activity(query: ActivityQuery): Promise<readonly SessionMark[]>;
  /** Sessions that have not ended and are not busy, longest idle first. */
  idle(query: IdleQuery): Promise<readonly IdleSession[]>;
  /** Whether a session whose id begins like this has not ended, whoever's it is. */
  isOpen(idPrefix: string): Promise<boolean>;

  /** Calls back after every commit, of any process, that changed something. Returns the function that stops it. */
  subscribe(listener: (news: News) => void): () => void;

  observe(observer: Observer): void;

  close(): Promise<void>;
}
