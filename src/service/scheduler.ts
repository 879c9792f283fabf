/**
 * Which turn runs next, and where. Claims queued turns while there is a free place on this host,
 * keeps the processes of finished turns warm, and evicts the longest idle one when a place is needed
 * or its time is up.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { KILL_AGAIN_MS } from '../limits.ts';
import type { Logger } from '../log.ts';
import type { Owners } from '../runner/owners.ts';
import type { PermissionAsk, PermissionReply, Runner } from '../runner/runner.ts';
import type { ProcessIdentity } from '../session/process.ts';
import type { Appended, Claim, Claimant, Fence, Store } from '../store/store.ts';
import type { Clock, JumpWatch } from './clock.ts';
import { IdleSessions } from './idle-sessions.ts';
import { LiveSession } from './live-session.ts';
import type { Loss } from './loss.ts';
import type { Policy } from './policy.ts';
import { startRun } from './start-run.ts';
import { stopInTime } from './stop-in-time.ts';

export type SchedulerDeps = Policy & {
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
  /** A session was given up, and its lease may still be here. */
  left(fence: Fence, loss: Loss): void;
  /** Ends what an earlier owner of a session left running. */
  killTree(process: ProcessIdentity): Promise<boolean>;
};

type Claimed = Claim | 'full' | undefined;

export class Scheduler {
  readonly #deps: SchedulerDeps;
  readonly #live = new Map<string, LiveSession>();
  readonly #idle: IdleSessions;
  /** Sessions that are being stopped and may not be claimed meanwhile. */
  readonly #held = new Map<string, number>();
  /** Claimed, and waiting for what was there before to go. */
  readonly #placing = new Map<string, Promise<LiveSession>>();
  /** Claims under way; what one gets is being placed once it has resolved. */
  readonly #claims = new Set<Promise<unknown>>();
  #pass: Promise<void> | undefined;
  #again = false;
  #closed = false;
  #unsubscribe = (): void => {};

  constructor(deps: SchedulerDeps) {
    this.#deps = deps;
    this.#idle = new IdleSessions({ ...deps, stays: () => this.poke() });
  }

  /** The live session, if this server runs one. */
  live(sessionId: string): LiveSession | undefined {
    return this.#live.get(sessionId);
  }

  /** Resolves once a turn that has been claimed here has its live session. */
  async placed(sessionId: string): Promise<void> {
    await Promise.allSettled(this.#claims);
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
    this.#unsubscribe = this.#deps.store.subscribe(({ work }) => {
      if (work) this.poke();
    });
    this.poke();
  }

  /** Looks for work: something was queued, or a place has become free. */
  poke(): void {
    this.#again = true;
    this.#pass ??= this.#work();
  }

  /**
   * Has `append` queue a prompt of the session, and what may run now claimed in the same commit: most often that very
   * prompt. Resolves and rejects as `append` does.
   */
  async claimWith(
    sessionId: string,
    append: (claim: Claimant | undefined) => Promise<Appended>,
  ): Promise<Appended> {
    const warm = await this.#warm(sessionId);
    if (this.#closed) return append(undefined);
    const appending = append({ ...this.#claimant(), ...(warm && { warm }) });
    const claim = await this.#placeWhen(appending.then((appended) => appended.claim));
    const isOurs = typeof claim === 'object' && claim.session.id === sessionId;
    // Else somebody else's turn came first, or a place must be made.
    if (claim !== undefined && !isOurs) this.poke();
    return appending;
  }

  /**
   * Ends the session's process, one that was about to be started too.
   *
   * @throws SessionError UNAVAILABLE if that takes too long; it goes on nevertheless
   */
  async stop(sessionId: string): Promise<void> {
    const stopping = this.placed(sessionId).then(() => this.#live.get(sessionId)?.close());
    const what = `the processes of session ${sessionId} are not gone`;
    await stopInTime(
      what,
      stopping.catch(() => undefined),
    );
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
    // At once: what runs is not to go on while something else ends.
    const closing = this.liveSessions().map((live) => live.close());
    await this.#pass?.catch(() => {});
    await Promise.allSettled(this.#claims);
    await Promise.allSettled(this.#placing.values());
    await Promise.all([...closing, ...this.liveSessions().map((live) => live.close())]);
  }

  async #work(): Promise<void> {
    // A pass is over in the same moment in which it no longer looks for work: else a poke would be lost in between.
    await null;
    while (this.#again && !this.#closed) {
      this.#again = false;
      while (!this.#closed && (await this.#startNext()));
    }
    this.#pass = undefined;
  }

  /** Starts one turn, or makes room for one; returns whether there may be more to do. */
  async #startNext(): Promise<boolean> {
    const { store, log } = this.#deps;
    const { owner, ...options } = this.#claimant();
    try {
      const claim = await this.#placeWhen(store.claim(owner, options));
      if (claim === 'full') return await this.#idle.evictLongest();
      return claim !== undefined;
    } catch (error) {
      log.error({ err: error }, 'no turn could be claimed');
      return false;
    }
  }

  #claimant(): Claimant {
    const { owners, maxLive, jumps } = this.#deps;
    const except = new Set(this.#held.keys());
    return { owner: owners.self, except, maxLive, takeLapsed: jumps.trustsLapse() };
  }

  /** The lease of the session's process, where that waits for a prompt. */
  async #warm(sessionId: string): Promise<Fence | undefined> {
    const idle = this.#idle.get(sessionId);
    return (await idle?.isCurrent()) ? idle?.fence : undefined;
  }

  #placeWhen(claiming: Promise<Claimed>): Promise<Claimed> {
    const placing = claiming
      .then((claim) => {
        if (typeof claim === 'object')
          void this.#place(claim).catch((error) => this.#lost(claim, error));
        return claim;
      })
      .finally(() => this.#claims.delete(placing));
    this.#claims.add(placing);
    return placing;
  }

  async #place(claim: Claim): Promise<void> {
    const { id } = claim.session;
    this.#idle.remove(id);
    const placing = this.#makePlace(claim).finally(() => {
      if (this.#placing.get(id) === placing) this.#placing.delete(id);
    });
    this.#placing.set(id, placing);
    const live = await placing;
    await live.runTurn(claim, (signal) => startRun(claim.session, live, { ...this.#deps, signal }));
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
    if (claim.leftover !== undefined) await this.#untilGone(claim.leftover, id);
    return this.#live.get(id) ?? this.#enter(claim);
  }

  /** Nothing of the session may run beside what an earlier owner has left. */
  async #untilGone(leftover: ProcessIdentity, sessionId: string): Promise<void> {
    while (!(await this.#deps.killTree(leftover))) {
      if (this.#closed) throw new Error('the server stops; the next one goes on with it');
      this.#deps.log.error(
        { sessionId },
        'processes that were left behind may live on: the turn waits',
      );
      await sleep(KILL_AGAIN_MS);
    }
  }

  /** Its lease stays: another server, or the recovery of this one, settles the turn. */
  #lost({ session, turn }: Claim, error: unknown): void {
    const who = { sessionId: session.id, turnId: turn.id };
    this.#deps.log.error({ ...who, err: error }, 'a claimed turn could not be placed');
  }

  #enter(claim: Claim): LiveSession {
    const { store, log, ask } = this.#deps;
    const live = new LiveSession(claim, {
      store,
      log,
      ask,
      turnEnded: (ended) => this.#turnEnded(ended),
      gone: (gone) => this.#gone(gone),
    });
    this.#live.set(live.id, live);
    return live;
  }

  #turnEnded(live: LiveSession): void {
    if (!live.isClosing && live.turnId === undefined) this.#idle.add(live);
    this.poke();
  }

  #gone(live: LiveSession): void {
    this.#idle.remove(live.id);
    if (live.loss !== undefined) this.#deps.left(live.fence, live.loss);
    if (this.#live.get(live.id) === live) this.#live.delete(live.id);
    this.poke();
  }
}
