/** The store of one machine: an SQLite file that several server processes may share. */

import { BATCH_MS_MAX, LOCK_MS_MAX } from '../../limits.ts';
import type { Logger } from '../../log.ts';
import { LEASE_TIMES } from '../../process-limits.ts';
import { ANYTHING, type Listener, Listeners } from '../listeners.ts';
import type { News, Store } from '../store.ts';
import { appendEvents, createSession, readReply } from './append.ts';
import { CommitQueue } from './commit-queue.ts';
import { Database } from './database.ts';
import * as leases from './leases.ts';
import { type Read, readerOf, whileLocked } from './lock.ts';
import * as lookups from './lookups.ts';
import { NewsLog } from './news.ts';
import { refusal } from './open.ts';
import { peersOn } from './peers.ts';
import * as reads from './reads.ts';
import { Reopening } from './reopening.ts';
import { prune } from './retention.ts';
import { searchSessions } from './search.ts';
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

/**
 * Reads see every commit so far, never a part of one. `close` refuses later calls, and resolves when everything written
 * before is durable and the file is closed.
 *
 * @throws SessionError UNAVAILABLE if the directory or its database cannot be used, with what to do
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { directory, now = Date.now, uptime = systemUptime() } = options;
  const database = await Database.open(directory);
  try {
    const steady = await whileLocked(() => openSteadyClock(database.sql, now, uptime));
    return storeOn(database, { ...options, now, steady });
  } catch (error) {
    database.close();
    throw refusal(directory, error);
  }
}

type Clocks = { readonly now: () => number; readonly steady: SteadyClock };

function storeOn(database: Database, options: SqliteStoreOptions & Clocks): Store {
  const { now, steady, leaseMs = LEASE_TIMES.leaseMs, log } = options;
  const news = new NewsLog();
  const watch = (changed: Listener) => watchOthers(database, news, changed, log);
  const listeners = new Listeners({ watch, log });
  const queue = new CommitQueue({
    database,
    now,
    steady,
    leaseMs,
    batchMs: BATCH_MS_MAX,
    lockMs: LOCK_MS_MAX,
    publish: (what) => news.write(database.sql, what),
    committed: (what, commit) => {
      news.committed();
      listeners.committed(what, commit);
    },
    passedOver: logOnce(log),
    failed: (error, doubtful) => reopening.start(error, doubtful),
  });
  const reopening = new Reopening({ database, queue, listeners, log });
  const read = readerOf(database);
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    listeners.unwatch();
    await reopening.stop();
    await queue.close();
    listeners.clear();
    database.close();
  };
  return {
    ...writesOf(queue),
    ...readsOf(read, steady),
    async claim(owner, options) {
      const claimant = { ...options, owner };
      // Servers that look for work and find none should not fight for the write lock.
      const waiting = await read((sql) => leases.nextWaiting(sql, claimant, now()));
      if (waiting === undefined || waiting === 'full') return waiting;
      return queue.add((tx) => leases.claimTurn(tx, claimant));
    },
    peers: peersOn(queue, read),
    subscribe: (listener) => (closed === undefined ? listeners.add(listener) : () => {}),
    observe: (observer) => listeners.observe(observer),
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

function writesOf(queue: CommitQueue) {
  return {
    create: (sessionId, events, key) =>
      queue.add((tx) => createSession(tx, sessionId, events, key)),
    append: (sessionId, command, options = {}) =>
      queue.add((tx) => {
        const appended = appendEvents(tx, sessionId, command, options);
        // A call that is held is made again, and would lose what was claimed with it.
        const claimant = appended.heldBy === undefined ? options.claim : undefined;
        const claim = claimant && leases.tryToClaim(tx, claimant);
        return claim === undefined ? appended : { ...appended, claim };
      }),
    note: (fence, fact) => queue.add((tx) => leases.note(tx, fence, fact)),
    renew: async (owner, fences) =>
      fences.length === 0 ? [] : queue.add((tx) => leases.renewLeases(tx, owner, fences)),
    release: (fence) => queue.add((tx) => leases.releaseLease(tx, fence)),
    takeOver: (fence, owner) => queue.add((tx) => leases.takeOverLease(tx, fence, owner)),
    prune: (ageMs, limit) => queue.add((tx) => prune(tx, ageMs, limit)),
  } satisfies Partial<Store>;
}

function readsOf(read: Read, steady: SteadyClock) {
  return {
    reply: (key) => read((sql) => readReply(sql, key)),
    leases: (sessionId) => read((sql) => leases.readLeases(sql, sessionId)),
    session: (principal, id) => read((sql) => reads.findSession(sql, principal, id)),
    sessions: (query) => read((sql) => reads.listSessions(sql, query)),
    search: (query) => read((sql) => searchSessions(sql, query)),
    turn: (sessionId, turnId) => read((sql) => reads.findTurn(sql, sessionId, turnId)),
    events: (sessionId, after, limit) =>
      read((sql) => reads.readEvents(sql, sessionId, after, limit)),
    totals: () => read(readTotals),
    sums: (principal, scope) => read((sql) => readSums(sql, principal, scope)),
    requests: (query) => read((sql) => reads.listRequests(sql, query)),
    remembered: (sessionId) => read((sql) => reads.listRemembered(sql, sessionId)),
    memories: (sessionId) => read((sql) => reads.listMemories(sql, sessionId)),
    complete: (query) => read((sql) => lookups.complete(sql, query)),
    named: (query) => read((sql) => lookups.listNamed(sql, query)),
    activity: (query) => read((sql) => lookups.listActivity(sql, query)),
    idle: (query) => read((sql) => reads.listIdle(sql, query, steady())),
    isOpen: (idPrefix) => read((sql) => lookups.isOpen(sql, idPrefix)),
  } satisfies Partial<Store>;
}

type Log = SqliteStoreOptions['log'];

/** Tells what other processes have committed. A look that fails must not keep anybody waiting. */
function watchOthers(database: Database, news: NewsLog, changed: Listener, log: Log): () => void {
  const look = (): News => {
    try {
      return news.read(database.sql);
    } catch (error) {
      log?.warn({ err: error }, 'changes by other servers could not be read');
      return ANYTHING;
    }
  };
  news.read(database.sql);
  const failed = (error: unknown) => log?.warn({ err: error }, 'state directory: watch failed');
  return database.watch(() => changed(look()), failed);
}

/** Logs that the turn of a session could not be started: once, and not at every look. */
function logOnce(log: Log): (sessionId: string | undefined, error: unknown) => void {
  const logged = new Set<string | undefined>();
  return (sessionId, error) => {
    if (logged.has(sessionId)) return;
    logged.add(sessionId);
    log?.error({ err: error, sessionId }, 'a queued turn could not be started; the next one is');
  };
}
