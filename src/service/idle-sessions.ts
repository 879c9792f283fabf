/** Processes that are kept warm after a turn: until their time is up, or their place is needed. */

import { BACKGROUND_HOLD_MS_MAX } from '../limits.ts';
import { startTimer, type Timer } from '../timer.ts';
import type { Clock } from './clock.ts';
import type { LiveSession } from './live-session.ts';

type Idle = {
  readonly live: LiveSession;
  /** On the monotonic clock. */
  readonly since: number;
  /** Evicts it when its time is up. */
  timer: Timer;
};

type IdleSessionsDeps = {
  readonly clock: Clock;
  readonly idleEvictMs: number;
  /** A place may be wanted of one that stays for its background tasks only. */
  stays(): void;
};

const STOPPED_TASKS = 'background tasks were stopped with the idle process';

export class IdleSessions {
  readonly #deps: IdleSessionsDeps;
  /** Longest idle first. */
  readonly #idle = new Map<string, Idle>();

  constructor(deps: IdleSessionsDeps) {
    this.#deps = deps;
  }

  get(sessionId: string): LiveSession | undefined {
    return this.#idle.get(sessionId)?.live;
  }

  add(live: LiveSession): void {
    this.remove(live.id);
    const idle = { live, since: this.#deps.clock.monotonic(), timer: this.#evictionOf(live.id) };
    this.#idle.set(live.id, idle);
  }

  remove(sessionId: string): void {
    this.#idle.get(sessionId)?.timer.cancel();
    this.#idle.delete(sessionId);
  }

  /** Frees a place; returns false where every process has work. Background tasks are work for a while. */
  async evictLongest(): Promise<boolean> {
    const { idleEvictMs } = this.#deps;
    for (const idle of [...this.#idle.values()]) {
      if (idle.live.tasks > 0 && this.#idleMs(idle) < idleEvictMs) continue;
      if (await this.#evict(idle)) return true;
    }
    return false;
  }

  #evictionOf(sessionId: string): Timer {
    return startTimer(this.#deps.idleEvictMs, () => void this.#timeUp(sessionId));
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
    this.#deps.stays();
  }

  /** A background task may have woken Claude meanwhile; then it is idle no longer. */
  async #evict({ live }: Idle): Promise<boolean> {
    this.remove(live.id);
    if (live.turnId !== undefined) return false;
    if (live.tasks > 0) live.output({ type: 'notice', text: `${live.tasks} ${STOPPED_TASKS}` });
    await live.close();
    return true;
  }

  #idleMs({ since }: Idle): number {
    return this.#deps.clock.monotonic() - since;
  }
}
