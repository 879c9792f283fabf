/** Processes that are kept warm after a turn: until their time is up, or their place is needed. */

import { BACKGROUND_HOLD_MS_MAX, EVICTION_MS_MAX, LEFT_LOOK_MS } from '../limits.ts';
import { within } from '../timer.ts';
import type { Clock } from './clock.ts';
import type { LocalSession } from './local-session.ts';
import type { LocalSessions } from './local-sessions.ts';
import type { SessionProcess } from './session-process.ts';

export type EvictionDeps = {
  readonly local: LocalSessions;
  readonly clock: Clock;
  readonly idleEvictMs: number;
};

type Look = { readonly at: number; readonly some: Promise<boolean> };

const STOPPED_TASKS = 'background tasks were stopped with the idle process';

export class Eviction {
  readonly #deps: EvictionDeps;
  /** Whether a process has left programs running, as of then on the monotonic clock. */
  readonly #looks = new WeakMap<SessionProcess, Look>();

  constructor(deps: EvictionDeps) {
    this.#deps = deps;
  }

  /** Frees a place; returns false if every process has work. What runs in the background is work for a while. */
  async evictLongest(): Promise<boolean> {
    const { local, idleEvictMs } = this.#deps;
    for (const session of local.warm()) {
      const isFresh = this.#idleMs(session) < idleEvictMs;
      if (isFresh && (await this.#hasBackground(session))) continue;
      if (await evict(session)) return true;
    }
    return false;
  }

  /** One that still runs something in the background stays while its place is not needed, up to a bound. */
  async timeUp(session: LocalSession): Promise<void> {
    const idleMs = this.#idleMs(session);
    const isHeld = idleMs < BACKGROUND_HOLD_MS_MAX && (await this.#hasBackground(session));
    if (!isHeld) {
      await evict(session);
    } else if (session.phase.is === 'warm') {
      session.keep();
      // Somebody may wait for the place of one that stays only for what it runs in the background.
      this.#deps.local.poke();
    }
  }

  /** Background tasks, or programs that were left running; if those cannot be looked for, there may be some. */
  async #hasBackground({ process }: LocalSession): Promise<boolean> {
    if (process === undefined || process.tasks > 0) return process !== undefined;
    const at = this.#deps.clock.monotonic();
    let look = this.#looks.get(process);
    if (look === undefined || at - look.at >= LEFT_LOOK_MS) {
      const names = process.leftRunning();
      look = { at, some: names.then(({ length }) => length > 0).catch(() => true) };
      this.#looks.set(process, look);
    }
    return look.some;
  }

  #idleMs({ phase }: LocalSession): number {
    return phase.is === 'warm' ? this.#deps.clock.monotonic() - phase.since : 0;
  }
}

/** Not one that was given a prompt meanwhile, or that a background task has woken. */
async function evict(session: LocalSession): Promise<boolean> {
  const { process, phase } = session;
  if (phase.is !== 'warm' || process === undefined) return false;
  const { tasks } = process;
  if (tasks > 0) process.say({ type: 'notice', text: `${tasks} ${STOPPED_TASKS}` });
  // A process that the kernel cannot end must not hold up everybody's turns.
  await within(session.stop(), EVICTION_MS_MAX);
  return true;
}
