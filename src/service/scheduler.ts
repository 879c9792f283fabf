/**
 * Which turn runs next, and where: claims queued turns while this host has a free place, and makes room for them if it has
 * none.
 */

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

  /** From now on takes work when it comes, from other servers on the state directory too. */
  follow(): void {
    this.#unsubscribe = this.#deps.store.subscribe(({ work }) => {
      if (work) this.#poke();
    });
    this.#poke();
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
    const appending = append({ ...this.#claimant(), warm });
    const claim = await this.#run(appending.then((appended) => appended.claim));
    const isOurs = typeof claim === 'object' && claim.session.id === sessionId;
    // Else somebody else's turn came first, or a place must be made.
    if (claim !== undefined && !isOurs) this.#poke();
    return appending;
  }

  /** Ends every process; takes nothing new. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#unsubscribe();
    // At once: what runs is not to go on while something else ends.
    const stopping = this.#stopAll();
    await this.#pass;
    await this.#deps.local.claimed();
    await Promise.all([stopping, this.#stopAll()]);
  }

  async #stopAll(): Promise<void> {
    await Promise.all(this.#deps.local.live().map((session) => session.stop()));
  }

  /** Looks for work. What comes up during a pass is seen by that pass. */
  #poke(): void {
    this.#again = true;
    this.#pass ??= this.#work();
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
    try {
      const { owner, ...options } = this.#claimant();
      const claim = await this.#run(store.claim(owner, options));
      if (claim === 'full') return await this.#eviction.evictLongest();
      return claim !== undefined;
    } catch (error) {
      log.error({ err: error }, 'no turn could be claimed');
      return false;
    }
  }

  #claimant(): Claimant {
    const { owners, maxLive, jumps, local } = this.#deps;
    return { owner: owners.self, except: local.held(), maxLive, takeLapsed: jumps.trustsLapse() };
  }

  /** The lease of the session's process, if that waits for a prompt. */
  async #warm(sessionId: string): Promise<Fence | undefined> {
    const session = this.#deps.local.get(sessionId);
    if (session?.phase.is !== 'warm') return undefined;
    const { process } = session;
    return (await process?.run?.isCurrent()) && session.phase.is === 'warm'
      ? process?.fence
      : undefined;
  }

  /** Runs what is claimed. */
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
