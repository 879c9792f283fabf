/** Claims queued turns while this host has room for another process, and evicts an idle process if it has not. */

import type { Appended, Claim, Claimant, Fence } from '../store/store.ts';
import type { Parts } from './core.ts';
import { Eviction } from './eviction.ts';
import type { LocalSessionDeps } from './local-session.ts';

export type SchedulerDeps = Omit<LocalSessionDeps, 'isClosed' | 'timeUp' | 'freed'> &
  Pick<Parts, 'local' | 'owners' | 'jumps'> & { readonly maxLive: number };

type Claimed = Claim | 'full' | undefined;

export class Scheduler {
  readonly #deps: SchedulerDeps;
  readonly #eviction: Eviction;
  readonly #sessionDeps: LocalSessionDeps;
  #pass: Promise<void> | undefined;
  #again = false;
  #closed = false;
  #unsubscribe = (): void => {};

  constructor(deps: SchedulerDeps) {
    this.#deps = deps;
    this.#eviction = new Eviction(deps);
    this.#sessionDeps = {
      ...deps,
      isClosed: () => this.#closed,
      timeUp: (session) => void this.#eviction.timeUp(session),
      freed: () => this.#poke(),
    };
    deps.local.onPoke(() => this.#poke());
  }

  /** Starts to claim work as it comes, whichever server on the state directory it was sent to. */
  follow(): void {
    this.#unsubscribe = this.#deps.store.subscribe(({ work }) => {
      if (work) this.#poke();
    });
    this.#poke();
  }

  /**
   * Calls `append` to queue a prompt of the session and to claim, in the same commit, the turn that may run now: usually
   * that of the prompt. Resolves and rejects as `append` does.
   */
  async claimWith(
    sessionId: string,
    append: (claim: Claimant | undefined) => Promise<Appended>,
  ): Promise<Appended> {
    if (this.#closed) return append(undefined);
    const appending = append({ ...this.#claimant(), warm: this.#warm(sessionId) });
    const claim = await this.#run(appending.then((appended) => appended.claim));
    const isOurs = typeof claim === 'object' && claim.session.id === sessionId;
    // Otherwise the turn of another session came first, or a process must be evicted.
    if (claim !== undefined && !isOurs) this.#poke();
    return appending;
  }

  /** Ends every process and claims nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#unsubscribe();
    // Immediately: running turns must not continue while others are ending.
    const stopping = this.#stopAll();
    await this.#pass;
    await this.#deps.local.claimed();
    await Promise.all([stopping, this.#stopAll()]);
  }

  async #stopAll(): Promise<void> {
    await Promise.all(this.#deps.local.live().map((session) => session.stop()));
  }

  /** Looks for work. Work that comes up during a pass is found by that pass. */
  #poke(): void {
    this.#again = true;
    this.#pass ??= this.#work();
  }

  async #work(): Promise<void> {
    // `#pass` is cleared synchronously after the last look for work, so that no poke is lost in between.
    await null;
    while (this.#again && !this.#closed) {
      this.#again = false;
      while (!this.#closed && (await this.#startNext()));
    }
    this.#pass = undefined;
  }

  /** Starts a turn, or makes room for one; returns whether there may be more to do. */
  async #startNext(): Promise<boolean> {
    const { store, log } = this.#deps;
    try {
      const { owner, ...options } = this.#claimant();
      const claim = await this.#run(store.claim(owner, options));
      if (claim === 'full') return await this.#eviction.evictLongest();
      return claim !== undefined;
    } catch (error) {
      log.error({ err: error }, 'failed to claim a turn');
      return false;
    }
  }

  #claimant(): Claimant {
    const { owners, maxLive, jumps, local } = this.#deps;
    return { owner: owners.self, except: local.held(), maxLive, takeLapsed: jumps.trustsLapse() };
  }

  /** The lease of the session's process if it is warm. */
  #warm(sessionId: string): Fence | undefined {
    const session = this.#deps.local.get(sessionId);
    return session?.phase.is === 'warm' ? session.process?.fence : undefined;
  }

  /** Runs the claimed turn. */
  #run(claiming: Promise<Claimed>): Promise<Claimed> {
    const { local } = this.#deps;
    const running = claiming.then((claim) => {
      if (typeof claim === 'object') local.at(claim.session.id).run(claim, this.#sessionDeps);
      return claim;
    });
    local.claiming(running);
    return running;
  }
}
