/** Ends processes that are kept warm after a turn: when their time is up, or when another session needs their place. */

import { BACKGROUND_HOLD_MS_MAX, EVICTION_MS_MAX, LEFT_LOOK_MS } from '../process-limits.ts';
import { within } from '../timer.ts';
import type { Parts } from './core.ts';
import type { LocalSession } from './local-session.ts';
import type { Phase } from './phase.ts';

export type EvictionDeps = Pick<Parts, 'local' | 'clock'> & { readonly idleEvictMs: number };

type Warm = Extract<Phase, { is: 'warm' }>;
type Look = { readonly at: number; readonly some: Promise<boolean> };

const STOPPED_TASKS = 'background tasks were stopped with the idle process';

export class Eviction {
  readonly #deps: EvictionDeps;
  /** Whether a process has left programs running, at a time on the monotonic clock. A new turn makes a new phase. */
  readonly #looks = new WeakMap<Warm, Look>();

  constructor(deps: EvictionDeps) {
    this.#deps = deps;
  }

  /** Frees a place; returns false if every process is in use. Background work counts as use until the idle time is up. */
  async evictLongest(): Promise<boolean> {
    const { local, idleEvictMs } = this.#deps;
    for (const session of local.warm()) {
      const { phase } = session;
      if (phase.is !== 'warm') continue;
      const isFresh = this.#idleMs(phase) < idleEvictMs;
      if (isFresh && (await this.#hasBackground(session, phase))) continue;
      if (await evict(session, phase)) return true;
    }
    return false;
  }

  /** Evicts an idle process, unless it is still running something in the background and has not done so for too long. */
  async timeUp(session: LocalSession): Promise<void> {
    const { phase } = session;
    if (phase.is !== 'warm') return;
    const mayStay = this.#idleMs(phase) < BACKGROUND_HOLD_MS_MAX;
    if (!mayStay || !(await this.#hasBackground(session, phase))) {
      await evict(session, phase);
    } else if (session.phase === phase) {
      session.keep();
      // Now that its idle time is up, a session that waits for a place may have it.
      this.#deps.local.poke();
    }
  }

  /** Looks for background tasks and for programs that were left running; if that fails, assumes that there are some. */
  async #hasBackground({ process }: LocalSession, phase: Warm): Promise<boolean> {
    if (process?.run === undefined) return false;
    if (process.background.count > 0) return true;
    const at = this.#deps.clock.monotonic();
    let look = this.#looks.get(phase);
    if (look === undefined || at - look.at >= LEFT_LOOK_MS) {
      const names = process.run.leftRunning();
      look = { at, some: names.then(({ length }) => length > 0).catch(() => true) };
      this.#looks.set(phase, look);
    }
    return look.some;
  }

  #idleMs({ since }: Warm): number {
    return this.#deps.clock.monotonic() - since;
  }
}

/** Does nothing if the process has run a turn since it was in `phase`, even if it is idle again. */
async function evict(session: LocalSession, phase: Warm): Promise<boolean> {
  const { process } = session;
  if (session.phase !== phase || process === undefined) return false;
  const { count } = process.background;
  if (count > 0) process.say({ type: 'notice', text: `${count} ${STOPPED_TASKS}` });
  // A process that the kernel cannot end must not hold up the turns of other sessions.
  await within(session.stop(), EVICTION_MS_MAX);
  return true;
}
