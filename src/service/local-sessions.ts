/** All sessions that this server is dealing with, one object each, and the claims in progress. */

import { LocalSession } from './local-session.ts';
import type { SessionProcess } from './session-process.ts';

export class LocalSessions {
  readonly #sessions = new Map<string, LocalSession>();
  readonly #claims = new Set<Promise<unknown>>();
  #work: () => void = () => {};

  /** Returns the session's object, a new one if necessary; it removes itself once nothing is in progress. */
  at(sessionId: string): LocalSession {
    const known = this.#sessions.get(sessionId);
    if (known !== undefined) return known;
    const session = new LocalSession(sessionId, (emptied) => {
      // An old object that somebody still refers to must not remove its successor.
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

  /** The sessions whose process waits for a prompt, longest idle first. */
  warm(): readonly LocalSession[] {
    return this.live()
      .filter(({ phase }) => phase.is === 'warm')
      .sort((a, b) => idleSince(a) - idleSince(b));
  }

  /** The ids of the sessions that must not be claimed now. */
  held(): ReadonlySet<string> {
    const held = [...this.#sessions.values()].filter(({ holds }) => holds > 0);
    return new Set(held.map(({ id }) => id));
  }

  all(): readonly LocalSession[] {
    return [...this.#sessions.values()];
  }

  /** Registers a claim that is in progress; what it claims is known here once it has resolved. */
  claiming(claim: Promise<unknown>): void {
    const settled = claim.catch(() => undefined).finally(() => this.#claims.delete(settled));
    this.#claims.add(settled);
  }

  /** Resolves once everything claimed so far is known here. */
  async claimed(): Promise<void> {
    await Promise.all(this.#claims);
  }

  /** Makes the scheduler look for work: something was queued, or a process is gone. */
  poke(): void {
    this.#work();
  }

  onPoke(work: () => void): void {
    this.#work = work;
  }
}

function idleSince({ phase }: LocalSession): number {
  return phase.is === 'warm' ? phase.since : Number.POSITIVE_INFINITY;
}
