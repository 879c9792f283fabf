/** The store of one machine: an SQLite file that several server processes may share. */

import { BATCH_MS_MAX, LEASE_TIMES, LOCK_MS_MAX } from '../../limits.ts';
import type { Logger } from '../../log.ts';
import type { Command } from '../../session/command.ts';
import type { EventBody, PermissionRequest, SessionEvent, Turn } from '../../session/event.ts';
import type { Metrics } from '../../session/metrics.ts';
import type { RememberRule } from '../../session/remembered.ts';
import type { Session } from '../../session/session.ts';
import { ANYTHING, type Listener, Listeners } from '../listeners.ts';
import type { Peers } from '../peers.ts';
import type {
  ActivityQuery,
  CompletionQuery,
  IdleQuery,
  IdleSession,
  ListedSession,
  OneRequest,
  RequestQuery,
  SessionMark,
  SessionQuery,
} from '../queries.ts';
import type {
  Appended,
  AppendOptions,
  Claim,
  ClaimOptions,
  Fence,
  Lease,
  LeaseFact,
  News,
  Observer,
  Reply,
  RequestKey,
  Store,
  Sums,
} from '../store.ts';
import { appendEvents, createSession, readReply } from './append.ts';
import { CommitQueue } from './commit-queue.ts';
import { Database } from './database.ts';
import { storageFailure } from './failure.ts';
import * as leases from './leases.ts';
import { whileLocked } from './lock.ts';
import * as lookups from './lookups.ts';
import { NewsLog } from './news.ts';
import { refusal } from './open.ts';
import { SqlitePeers } from './peers.ts';
import * as reads from './reads.ts';
import { Reopening } from './reopening.ts';
import { prune } from './retention.ts';
import type { Sql } from './sql.ts';
import { openSteadyClock, type SteadyClock, systemUptime, type Uptime } from './steady-clock.ts';
import { readSums, readTotals } from './sum-rows.ts';

export type SqliteStoreOptions = {
  /** The state directory; made if it is missing. */
  readonly directory: string;
  /** Epoch milliseconds, whole: the times of events and leases. */
  readonly now?: () => number;
  /** What ages go by. */
  readonly uptime?: Uptime;
  /** What a lease is taken for. */
  readonly leaseMs?: number;
  /** Hears of what no caller waits for: a listener that throws, a watch that fails. */
  readonly log?: Pick<Logger, 'warn' | 'error'>;
};

/** @throws SessionError UNAVAILABLE if the directory or its database cannot be used, with what to do */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const { directory, now = Date.now, uptime = systemUptime() } = options;
  const database = await Database.open(directory);
  try {
    const steady = await whileLocked(() => openSteadyClock(database.sql, now, uptime));
    return new SqliteStore(database, steady, options);
  } catch (error) {
    database.close();
    throw refusal(directory, error);
  }
}

/** Reads see every commit so far, never a part of one. After {@link close} everything is refused. */
export class SqliteStore implements Store {
  readonly peers: Peers;
  readonly #database: Database;
  readonly #queue: CommitQueue;
  readonly #now: () => number;
  readonly #steady: SteadyClock;
  readonly #log: SqliteStoreOptions['log'];
  readonly #listeners: Listeners;
  readonly #news = new NewsLog();
  /** Sessions whose turn could not be started: logged once, not at every look. */
  readonly #passedOver = new Set<string | undefined>();
  readonly #reopening: Reopening;
  #closed: Promise<void> | undefined;

  constructor(database: Database, steady: SteadyClock, options: SqliteStoreOptions) {
    this.#database = database;
    this.#steady = steady;
    this.#now = options.now ?? Date.now;
    this.#log = options.log;
    const failed = (error: unknown) =>
      this.#log?.warn({ err: error }, 'state directory: watch failed');
    const watch = (changed: Listener) => {
      this.#news.read(database.sql);
      return database.watch(() => changed(this.#othersNews()), failed);
    };
    this.#listeners = new Listeners({ watch, log: this.#log });
    this.#queue = new CommitQueue({
      database,
      now: this.#now,
      steady,
      leaseMs: options.leaseMs ?? LEASE_TIMES.leaseMs,
      batchMs: BATCH_MS_MAX,
      lockMs: LOCK_MS_MAX,
      publish: (news) => this.#news.write(database.sql, news),
      committed: (news, commit) => {
        this.#news.committed();
        this.#listeners.committed(news, commit);
      },
      passedOver: (sessionId, error) => this.#passOver(sessionId, error),
      failed: (error, doubtful) => this.#reopening.start(error, doubtful),
    });
    const listeners = this.#listeners;
    this.#reopening = new Reopening({ database, queue: this.#queue, listeners, log: options.log });
    this.peers = new SqlitePeers(this.#queue, (read) => this.#read(read));
  }

  create(sessionId: string, events: readonly EventBody[], key?: RequestKey): Promise<Appended> {
    return this.#queue.add((tx) => createSession(tx, sessionId, events, key));
  }

  append(sessionId: string, command: Command, options: AppendOptions = {}): Promise<Appended> {
    return this.#queue.add((tx) => {
      const appended = appendEvents(tx, sessionId, command, options);
      // One that is held is asked again, and what was claimed with it would be lost.
      const claimant = appended.heldBy === undefined ? options.claim : undefined;
      const claim = claimant && leases.tryToClaim(tx, claimant);
      return claim === undefined ? appended : { ...appended, claim };
    });
  }

  reply(key: RequestKey): Promise<Reply | undefined> {
    return this.#read((sql) => readReply(sql, key));
  }

  async claim(owner: string, options: ClaimOptions): Promise<Claim | 'full' | undefined> {
    const claimant = { ...options, owner };
    // Servers that look for work and find none should not fight for the write lock.
    const waiting = await this.#read((sql) => leases.nextWaiting(sql, claimant, this.#now()));
    if (waiting === undefined || waiting === 'full') return waiting;
    return this.#queue.add((tx) => leases.claimTurn(tx, claimant));
  }

  note(fence: Fence, fact: LeaseFact): Promise<void> {
    return this.#queue.add((tx) => leases.note(tx, fence, fact));
  }

  async renew(owner: string, fences: readonly Fence[]): Promise<readonly Fence[]> {
    if (fences.length === 0) return [];
    return this.#queue.add((tx) => leases.renewLeases(tx, owner, fences));
  }

  release(fence: Fence): Promise<void> {
    return this.#queue.add((tx) => leases.releaseLease(tx, fence));
  }

  leases(sessionId?: string): Promise<readonly Lease[]> {
    return this.#read((sql) => leases.readLeases(sql, sessionId));
  }

  prune(ageMs: number, limit: number): Promise<boolean> {
    return this.#queue.add((tx) => prune(tx, ageMs, limit));
  }

  takeOver(fence: Fence, owner: string): Promise<Fence | undefined> {
    return this.#queue.add((tx) => leases.takeOverLease(tx, fence, owner));
  }

  session(principal: string, sessionId: string): Promise<Session | undefined> {
    return this.#read((sql) => reads.findSession(sql, principal, sessionId));
  }

  sessions(query: SessionQuery): Promise<readonly ListedSession[]> {
    return this.#read((sql) => reads.listSessions(sql, query));
  }

  turn(sessionId: string, turnId: string): Promise<Turn | undefined> {
    return this.#read((sql) => reads.findTurn(sql, sessionId, turnId));
  }

  events(sessionId: string, after: number, limit: number): Promise<readonly SessionEvent[]> {
    return this.#read((sql) => reads.readEvents(sql, { sessionId, after, limit }));
  }

  totals(): Promise<Metrics> {
    return this.#read(readTotals);
  }

  sums(principal: string, scope: string): Promise<Sums> {
    return this.#read((sql) => readSums(sql, principal, scope));
  }

  requests(query: RequestQuery | OneRequest): Promise<readonly PermissionRequest[]> {
    return this.#read((sql) => reads.listRequests(sql, query));
  }

  remembered(sessionId: string): Promise<readonly RememberRule[]> {
    return this.#read((sql) => reads.listRemembered(sql, sessionId));
  }

  complete(query: CompletionQuery): Promise<readonly string[]> {
    return this.#read((sql) => lookups.complete(sql, query));
  }

  activity(query: ActivityQuery): Promise<readonly SessionMark[]> {
    return this.#read((sql) => lookups.listActivity(sql, query));
  }

  idle(query: IdleQuery): Promise<readonly IdleSession[]> {
    return this.#read((sql) => reads.listIdle(sql, query, this.#steady()));
  }

  isOpen(idPrefix: string): Promise<boolean> {
    return this.#read((sql) => lookups.isOpen(sql, idPrefix));
  }

  subscribe(listener: Listener): () => void {
    return this.#closed === undefined ? this.#listeners.add(listener) : () => {};
  }

  observe(observer: Observer): void {
    this.#listeners.observe(observer);
  }

  /** Resolves once everything written before is durable and the file is closed. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#listeners.unwatch();
    await this.#reopening.stop();
    await this.#queue.close();
    this.#listeners.clear();
    this.#database.close();
  }

  /** A look that fails must not keep anybody waiting. */
  #othersNews(): News {
    try {
      return this.#news.read(this.#database.sql);
    } catch (error) {
      this.#log?.warn({ err: error }, 'changes by other servers could not be read');
      return ANYTHING;
    }
  }

  #passOver(sessionId: string | undefined, error: unknown): void {
    if (this.#passedOver.has(sessionId)) return;
    this.#passedOver.add(sessionId);
    this.#log?.error(
      { err: error, sessionId },
      'a queued turn could not be started; the next one is',
    );
  }

  async #read<T>(read: (sql: Sql) => T): Promise<T> {
    try {
      return await whileLocked(() => read(this.#database.sql));
    } catch (error) {
      throw storageFailure(error) ?? error;
    }
  }
}
