/**
 * Which turn runs next, and where. Claims queued turns while there is a free place on this host,
 * keeps the processes of finished turns warm, and evicts the longest idle one when a place is needed
 * or its time is up.
 */

import { SessionError } from '../errors.ts';
import { BACKGROUND_HOLD_MS_MAX } from '../limits.ts';
import type { Logger } from '../log.ts';
import type { Owners } from '../runner/owners.ts';
import type { PermissionAsk, PermissionReply, Run, Runner } from '../runner/runner.ts';
import type { SessionOptions } from '../session/event.ts';
import type { ProcessIdentity } from '../session/process.ts';
import { SESSION_ID_PREFIX, type Session } from '../session/session.ts';
import { roundUsd } from '../session/usage.ts';
import type { Claim, Store } from '../store/store.ts';
import type { Clock, JumpWatch } from './clock.ts';
import { LiveSession } from './live-session.ts';

export type SchedulerDeps = {
  readonly store: Store;
  readonly runner: Runner;
  readonly owners: Owners;
  readonly maxLive: number;
  readonly idleEvictMs: number;
  readonly jumps: JumpWatch;
  readonly clock: Clock;
  /** A UUID v4. */
  readonly newId: () => string;
  readonly log: Logger;
  ask(live: LiveSession, ask: PermissionAsk, signal: AbortSignal): Promise<PermissionReply>;
  /** Ends what an earlier owner of a session left running. */
  killTree(process: ProcessIdentity): Promise<boolean>;
};

type Idle = {
  readonly live: LiveSession;
  /** On the monotonic clock. */
  readonly since: number;
  /** Evicts it when its time is up. */
  timer: NodeJS.Timeout;
};

export class Scheduler {
  readonly #deps: SchedulerDeps;
  readonly #live = new Map<string, LiveSession>();
  /** Warm and idle, longest first. */
  readonly #idle = new Map<string, Idle>();
  /** Sessions that are being stopped and may not be claimed meanwhile. */
  readonly #held = new Map<string, number>();
  /** Claimed, and waiting for what was there before to go. */
  readonly #placing = new Map<string, Promise<LiveSession>>();
  #pass: Promise<void> | undefined;
  #again = false;
  #closed = false;
  #unsubscribe = (): void => {};

  constructor(deps: SchedulerDeps) {
    this.#deps = deps;
  }

  /** The live session, if this server runs one. */
  live(sessionId: string): LiveSession | undefined {
    return this.#live.get(sessionId);
  }

  /** Resolves once a turn that has been claimed here has its live session. */
  async placed(sessionId: string): Promise<void> {
    await this.#placing.get(sessionId);
  }

  /** Also true between the claim of a turn and its process. */
  isLive(sessionId: string): boolean {
    return this.#live.has(sessionId) || this.#placing.has(sessionId);
  }

  liveSessions(): readonly LiveSession[] {
    return [...this.#live.values()];
  }

  /** From now on takes work when it comes, from other servers on the state directory too. */
  follow(): void {
    this.#unsubscribe = this.#deps.store.subscribe((changed) => {
      if (changed === undefined) this.poke();
    });
    this.poke();
  }

  /** Looks for work: something was queued, or a place has become free. */
  poke(): void {
    this.#again = true;
    this.#pass ??= this.#work().finally(() => {
      this.#pass = undefined;
    });
  }

  /** Ends the session's process, one that was about to be started too. */
  async stop(sessionId: string): Promise<void> {
    await this.placed(sessionId);
    await this.#live.get(sessionId)?.close();
  }

  /** Stops the session's process while `work` runs; no turn of it is started meanwhile. */
  async whileStopped<T>(sessionId: string, work: () => Promise<T>): Promise<T> {
    this.#held.set(sessionId, (this.#held.get(sessionId) ?? 0) + 1);
    try {
      await this.stop(sessionId);
      const done = await work();
      // A claim that was under way when the hold began.
      await this.stop(sessionId);
      return done;
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
    this.#unsubscribe();
    await this.#pass?.catch(() => {});
    await Promise.all([...this.#live.values()].map((live) => live.close()));
  }

  async #work(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      while (!this.#closed && (await this.#startNext()));
    }
  }

  /** Starts one turn, or makes room for one; returns whether there may be more to do. */
  async #startNext(): Promise<boolean> {
    const { store, owners, maxLive, jumps, log } = this.#deps;
    const except = new Set(this.#held.keys());
    try {
      const claim = await store.claim(owners.self, {
        except,
        maxLive,
        takeLapsed: jumps.trustsLapse(),
      });
      if (claim === undefined) return false;
      if (claim === 'full') return await this.#evictLongestIdle();
      void this.#place(claim);
      return true;
    } catch (error) {
      log.error({ err: error }, 'no turn could be claimed');
      return false;
    }
  }

  async #place(claim: Claim): Promise<void> {
    const { id } = claim.session;
    this.#unidle(id);
    const placing = this.#makePlace(claim);
    this.#placing.set(id, placing);
    const live = await placing;
    if (this.#placing.get(id) === placing) this.#placing.delete(id);
    await live.runTurn(claim, (signal) => this.#start(live, claim.session, signal));
  }

  /** Waits until the process that was there before is gone; one under the same lease stays. */
  async #makePlace(claim: Claim): Promise<LiveSession> {
    const { id } = claim.session;
    await this.#placing.get(id);
    const before = this.#live.get(id);
    // Its lease has passed on and come back, and it may not have heard of it yet.
    if (before?.fence.epoch !== claim.fence.epoch) await before?.close();
    // Its process is just going; the lease stays with the turn that has been claimed.
    await before?.whenClosed();
    if (claim.leftover !== undefined) await this.#deps.killTree(claim.leftover);
    return this.#live.get(id) ?? this.#enter(claim);
  }

  #enter(claim: Claim): LiveSession {
    const { store, clock, log, ask } = this.#deps;
    const live = new LiveSession(claim, {
      store,
      now: clock.now,
      log,
      ask,
      turnEnded: (ended) => this.#turnEnded(ended),
      gone: (gone) => this.#gone(gone),
    });
    this.#live.set(live.id, live);
    return live;
  }

  async #start(live: LiveSession, session: Session, signal: AbortSignal): Promise<Run> {
    const uuid = session.id.slice(SESSION_ID_PREFIX.length);
    return this.#deps.runner.start(
      {
        uuid,
        options: withinBudget(session),
        remembered: await this.#deps.store.rememberedPermissions(session.id),
        ...(session.forkOf && { forkOf: session.forkOf.sessionId.slice(SESSION_ID_PREFIX.length) }),
        marker: this.#deps.newId(),
        signal,
      },
      live,
    );
  }

  #turnEnded(live: LiveSession): void {
    if (!live.isClosing && live.turnId === undefined) {
      this.#unidle(live.id);
      const idle = { live, since: this.#deps.clock.monotonic(), timer: this.#evictionOf(live.id) };
      this.#idle.set(live.id, idle);
    }
    this.poke();
  }

  #gone(live: LiveSession): void {
    this.#unidle(live.id);
    if (this.#live.get(live.id) === live) this.#live.delete(live.id);
    this.poke();
  }

  #evictionOf(sessionId: string): NodeJS.Timeout {
    return setTimeout(() => void this.#timeUp(sessionId), this.#deps.idleEvictMs).unref();
  }

  /** One that still runs background tasks stays while its place is not needed, up to a bound. */
  #timeUp(sessionId: string): void {
    const idle = this.#idle.get(sessionId);
    if (idle === undefined) return;
    const { tasks, turnId } = idle.live;
    if (tasks === 0 || turnId !== undefined || this.#idleMs(idle) >= BACKGROUND_HOLD_MS_MAX) {
      void this.#evict(idle);
      return;
    }
    idle.timer = this.#evictionOf(sessionId);
    this.poke();
  }

  /** A background task may have woken Claude meanwhile; then it is idle no longer. */
  async #evict({ live }: Idle): Promise<boolean> {
    this.#unidle(live.id);
    if (live.turnId !== undefined) return false;
    if (live.tasks > 0) live.output({ type: 'notice', text: `${live.tasks} ${STOPPED_TASKS}` });
    await live.close();
    return true;
  }

  /** Frees a place; returns false where every process has work. Background tasks are work for a while. */
  async #evictLongestIdle(): Promise<boolean> {
    const { idleEvictMs } = this.#deps;
    for (const idle of [...this.#idle.values()]) {
      if (idle.live.tasks > 0 && this.#idleMs(idle) < idleEvictMs) continue;
      if (await this.#evict(idle)) return true;
    }
    return false;
  }

  #idleMs({ since }: Idle): number {
    return this.#deps.clock.monotonic() - since;
  }

  #unidle(sessionId: string): void {
    clearTimeout(this.#idle.get(sessionId)?.timer);
    this.#idle.delete(sessionId);
  }
}

const STOPPED_TASKS = 'background tasks were stopped with the idle process';

/** Claude Code counts a budget anew in each process; what the session has cost already is taken off. */
function withinBudget({ id, options, usage }: Session): SessionOptions {
  const { maxBudgetUsd } = options;
  if (maxBudgetUsd === undefined) return options;
  if (usage.costUsd < maxBudgetUsd) {
    return { ...options, maxBudgetUsd: roundUsd(maxBudgetUsd - usage.costUsd) };
  }
  throw new SessionError(
    'LIMIT_EXCEEDED',
    `session ${id} has used its budget of ${maxBudgetUsd} USD (maxBudgetUsd)`,
    { hint: 'fork_session or create_session begins with a new one.', retryable: false },
  );
}
