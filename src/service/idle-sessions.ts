/** Processes that are kept warm after a turn: until their time is up, or their place is needed. */

import { BACKGROUND_HOLD_MS_MAX, EVICTION_MS_MAX, LEFT_LOOK_MS } from '../limits.ts';
import { within } from '../runner/within.ts';
import { startTimer, type Timer } from '../timer.ts';
import type { Clock } from './clock.ts';
import type { LiveSession } from './live-session.ts';

type Idle = {
  readonly live: LiveSession;
  /** On the monotonic clock. */
  readonly since: number;
  /** Evicts it when its time is up. */
  timer: Timer;
  /** Whether it has left programs running, as of then on the monotonic clock. */
  left?: { readonly at: number; readonly some: Promise<boolean> };
};

type IdleSessionsDeps = {
  readonly clock: Clock;
  readonly idleEvictMs: number;
  /** A place may be wanted of one that stays only for what it runs in the background. */
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

  /** Frees a place; returns false if every process has work. What runs in the background is work for a while. */
  async evictLongest(): Promise<boolean> {
    const { idleEvictMs } = this.#deps;
    for (const idle of [...this.#idle.values()]) {
      if (this.#idleMs(idle) < idleEvictMs && (await this.#hasBackground(idle))) continue;
      if (await this.#evict(idle)) return true;
    }
    return false;
  }

  #evictionOf(sessionId: string): Timer {
    return startTimer(this.#deps.idleEvictMs, () => void this.#timeUp(sessionId));
  }

  /** One that still runs something in the background stays while its place is not needed, up to a bound. */
  async #timeUp(sessionId: string): Promise<void> {
    const idle = this.#idle.get(sessionId);
    if (idle === undefined) return;
    const isHeld = this.#idleMs(idle) < BACKGROUND_HOLD_MS_MAX && (await this.#hasBackground(idle));
    if (!isHeld || idle.live.turnId !== undefined) {
      await this.#evict(idle);
    } else if (this.#idle.get(sessionId) === idle) {
      idle.timer = this.#evictionOf(sessionId);
      this.#deps.stays();
    }
  }

  /** Background tasks, or programs that it has left running; if those cannot be looked for, there may be some. */
  async #hasBackground(idle: Idle): Promise<boolean> {
    if (idle.live.tasks > 0) return true;
    const at = this.#deps.clock.monotonic();
    if (idle.left === undefined || at - idle.left.at >= LEFT_LOOK_MS) {
      const names = idle.live.leftRunning();
      const some = names.then(({ length }) => length > 0).catch(() => true);
      idle.left = { at, some };
    }
    return await idle.left.some;
  }

  /** Not one that was given a prompt meanwhile, or that a background task has woken. */
  async #evict(idle: Idle): Promise<boolean> {
    const { live } = idle;
    if (this.#idle.get(live.id) !== idle) return false;
    this.remove(live.id);
    if (live.turnId !== undefined) return false;
    if (live.tasks > 0) live.output({ type: 'notice', text: `${live.tasks} ${STOPPED_TASKS}` });
    // A process that the kernel cannot end must not hold up everybody's turns.
    await within(live.close(), EVICTION_MS_MAX);
    return true;
  }

  #idleMs({ since }: Idle): number {
    return this.#deps.clock.monotonic() - since;
  }
}
