/**
 * Which turn runs next, and where. Claims queued turns while there is a free place on this host,
 * keeps the processes of finished turns warm, and evicts the longest idle one when a place is needed
 * or its time is up.
 */

import { failureOf } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { PermissionAsk, PermissionReply, Run, Runner } from '../runner/runner.ts';
import { SESSION_ID_PREFIX, type Session } from '../session/session.ts';
import type { Claim, Store } from '../store/store.ts';
import { LiveSession } from './live-session.ts';

export type SchedulerDeps = {
  readonly store: Store;
  readonly runner: Runner;
  readonly owner: string;
  readonly maxLive: number;
  readonly idleEvictMs: number;
  readonly now: () => number;
  /** A UUID v4. */
  readonly newId: () => string;
  readonly log: Logger;
  ask(live: LiveSession, ask: PermissionAsk, signal: AbortSignal): Promise<PermissionReply>;
};

export class Scheduler {
  readonly #deps: SchedulerDeps;
  readonly #live = new Map<string, LiveSession>();
  /** Warm and idle, longest first, each with the timer that evicts it. */
  readonly #idle = new Map<string, NodeJS.Timeout>();
  /** Sessions that are being stopped and may not be claimed meanwhile. */
  readonly #held = new Map<string, number>();
  #pass: Promise<void> | undefined;
  #again = false;
  #closed = false;

  constructor(deps: SchedulerDeps) {
    this.#deps = deps;
  }

  /** The live session, if this server runs one. */
  live(sessionId: string): LiveSession | undefined {
    return this.#live.get(sessionId);
  }

  liveSessions(): readonly LiveSession[] {
    return [...this.#live.values()];
  }

  /** Looks for work: something was queued, or a place has become free. */
  poke(): void {
    this.#again = true;
    this.#pass ??= this.#work().finally(() => {
      this.#pass = undefined;
    });
  }

  /** Stops the session's process while `work` runs; no turn of it is started meanwhile. */
  async whileStopped<T>(sessionId: string, work: () => Promise<T>): Promise<T> {
    this.#held.set(sessionId, (this.#held.get(sessionId) ?? 0) + 1);
    try {
      await this.#live.get(sessionId)?.close();
      return await work();
    } finally {
      const holders = (this.#held.get(sessionId) ?? 1) - 1;
      if (holders === 0) this.#held.delete(sessionId);
      else this.#held.set(sessionId, holders);
      this.poke();
    }
  }

  /** Ends every process; takes nothing new. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#pass?.catch(() => {});
    await Promise.all([...this.#live.values()].map((live) => live.close()));
  }

  async #work(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      while (this.#hasPlace() && (await this.#startNext()));
    }
  }

  #hasPlace(): boolean {
    return !this.#closed && (this.#live.size < this.#deps.maxLive || this.#idle.size > 0);
  }

  async #startNext(): Promise<boolean> {
    const { store, owner, log } = this.#deps;
    try {
      const claim = await store.claim(owner, new Set(this.#held.keys()));
      if (claim !== undefined) await this.#place(claim);
      return claim !== undefined;
    } catch (error) {
      log.error({ err: error }, 'no turn could be claimed');
      return false;
    }
  }

  async #place(claim: Claim): Promise<void> {
    const { id } = claim.session;
    this.#unidle(id);
    const warm = this.#live.get(id);
    if (warm?.isClosing) await warm.close();
    if (!this.#live.has(id) && this.#live.size >= this.#deps.maxLive)
      await this.#evictLongestIdle();
    const live = this.#live.get(id) ?? this.#enter(claim);
    void this.#run(live, claim);
  }

  #enter(claim: Claim): LiveSession {
    const { store, now, log, ask } = this.#deps;
    const live = new LiveSession(claim, {
      store,
      now,
      log,
      ask,
      turnEnded: (ended) => this.#turnEnded(ended),
      gone: (gone) => this.#gone(gone),
    });
    this.#live.set(live.id, live);
    return live;
  }

  async #run(live: LiveSession, claim: Claim): Promise<void> {
    try {
      await live.runTurn(claim, () => this.#start(live, claim.session));
    } catch (error) {
      this.#deps.log.warn({ sessionId: live.id, err: error }, 'turn could not be started');
      const failure = failureOf(error);
      live.turnEnded(claim.turn.id, { state: 'failed', error: failure });
      await live.command({ type: 'fail', error: failure }).catch(() => {});
      await live.close();
    }
  }

  #start(live: LiveSession, session: Session): Promise<Run> {
    const uuid = session.id.slice(SESSION_ID_PREFIX.length);
    return this.#deps.runner.start(
      {
        uuid,
        options: session.options,
        ...(session.forkOf && { forkOf: session.forkOf.sessionId.slice(SESSION_ID_PREFIX.length) }),
        marker: this.#deps.newId(),
      },
      live,
    );
  }

  #turnEnded(live: LiveSession): void {
    if (!live.isClosing && live.turnId === undefined) {
      const evict = setTimeout(() => this.#evict(live), this.#deps.idleEvictMs);
      evict.unref();
      this.#unidle(live.id);
      this.#idle.set(live.id, evict);
    }
    this.poke();
  }

  #gone(live: LiveSession): void {
    this.#unidle(live.id);
    if (this.#live.get(live.id) === live) this.#live.delete(live.id);
    this.poke();
  }

  /** A background task may have woken Claude meanwhile; then it is idle no longer. */
  #evict(live: LiveSession): void {
    this.#unidle(live.id);
    if (live.turnId === undefined) void live.close();
  }

  async #evictLongestIdle(): Promise<void> {
    const [id] = this.#idle.keys();
    const live = id === undefined ? undefined : this.#live.get(id);
    if (live === undefined) return;
    this.#unidle(live.id);
    await live.close();
  }

  #unidle(sessionId: string): void {
    clearTimeout(this.#idle.get(sessionId));
    this.#idle.delete(sessionId);
  }
}
