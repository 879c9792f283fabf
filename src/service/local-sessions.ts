/** Every session that this server has something to do with, each as one object, and what is asked of all of them. */

import { LocalSession } from './local-session.ts';
import type { SessionProcess } from './session-process.ts';

export class LocalSessions {
  readonly #sessions = new Map<string, LocalSession>();
  readonly #claims = new Set<Promise<unknown>>();
  #work: () => void = () => {};

  /** The session's object, made if there is none; it goes by itself once nothing is under way. */
  at(sessionId: string): LocalSession {
    const known = this.#sessions.get(sessionId);
    if (known !== undefined) return known;
    const session = new LocalSession(sessionId, (emptied) => {
      // Somebody may still hold one that has made way for another.
      if (this.#sessions.get(sessionId) === emptied) this.#sessions.delete(sessionId);
    });
    this.#sessions.set(sessionId, session);
    return session;
  }

  get(sessionId: string): LocalSession | undefined {
    return this.#sessions.get(sessionId);
  }

  /** From the claim of a turn until its process is gone. */
  isLive(sessionId: string): boolean {
    return this.#sessions.get(sessionId)?.isLive === true;
  }

  live(): readonly LocalSession[] {
    return [...this.#sessions.values()].filter(({ isLive }) => isLive);
  }

  processes(): readonly SessionProcess[] {
    return this.live().flatMap(({ process }) => process ?? []);
  }

  /** Those whose process waits for a prompt, longest idle first. */
  warm(): readonly LocalSession[] {
    return this.live()
      .filter(({ phase }) => phase.is === 'warm')
      .sort((a, b) => idleSince(a) - idleSince(b));
  }

  /** The ids of those that may not be claimed now. */
  held(): ReadonlySet<string> {
    const held = [...this.#sessions.values()].filter(({ holds }) => holds > 0);
    return new Set(held.map(({ id }) => id));
  }

  all(): readonly LocalSession[] {
    return [...this.#sessions.values()];
  }

  /** A claim is under way; what it gets is known here once it has resolved. */
  claiming(claim: Promise<unknown>): void {
    const settled = claim.catch(() => undefined).finally(() => this.#claims.delete(settled));
    this.#claims.add(settled);
  }

  /** Resolves once whatever has been claimed so far is known here. */
  async claimed(): Promise<void> {
    await Promise.all(this.#claims);
  }

  /** Something was queued, or a place has become free. */
  poke(): void {
    this.#work();
  }

  /** Has the scheduler look for work at each {@link poke}. */
  onPoke(work: () => void): void {
    this.#work = work;
  }
}

function idleSince({ phase }: LocalSession): number {
  return phase.is === 'warm' ? phase.since : Number.POSITIVE_INFINITY;
}
