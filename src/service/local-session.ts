/**
 * A session that this server is dealing with: the phase of its process, and what else is in progress. Everything that
 * happens to it goes through one mailbox and is handled one event at a time.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { KILL_AGAIN_MS, START_GIVEN_UP_MS } from '../process-limits.ts';
import type { ProcessIdentity } from '../session/process.ts';
import type { Claim } from '../store/store.ts';
import { startTimer, type Timer } from '../timer.ts';
import type { Parts } from './core.ts';
import type { Loss } from './loss.ts';
import {
  ABSENT,
  type Action,
  isEnding,
  next,
  type Phase,
  type PhaseEvent,
  turnOf,
} from './phase.ts';
import type { ProcessDeps } from './process-parts.ts';
import { SessionProcess } from './session-process.ts';

export type LocalSessionDeps = ProcessDeps &
  Pick<Parts, 'killTree'> & {
    readonly idleEvictMs: number;
    /** Whether the server is stopping, and must not wait any longer. */
    isClosed(): boolean;
    /** The session has been idle for `idleEvictMs`. */
    timeUp(session: LocalSession): void;
    /** Its turn has ended, or its process is gone. */
    freed(): void;
  };

/** Why this server stopped running a session without settling it, and under which lease. */
export type Left = { readonly epoch: number; readonly loss: Loss };

export class LocalSession {
  readonly id: string;
  /** How many callers keep it stopped; until they are done, none of its turns is claimed here. */
  holds = 0;
  /** Pending while the session is being taken over from another server. */
  taking: Promise<boolean> | undefined;
  left: Left | undefined;
  /** The ids of orders of other servers that are being carried out. */
  readonly orders = new Set<string>();
  #phase: Phase = ABSENT;
  #process: SessionProcess | undefined;
  #deps: LocalSessionDeps | undefined;
  readonly #mailbox: PhaseEvent[] = [];
  #isAtWork = false;
  #changed = Promise.withResolvers<void>();
  #idle: Timer | undefined;
  readonly #emptied: (session: LocalSession) => void;

  /** @param emptied called when nothing is in progress any more */
  constructor(id: string, emptied: (session: LocalSession) => void) {
    this.id = id;
    this.#emptied = emptied;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** The process with its lease, from the claim of a turn until it is gone. */
  get process(): SessionProcess | undefined {
    return this.#process;
  }

  get isLive(): boolean {
    return this.#phase.is !== 'absent';
  }

  /** The turn that is claimed or running. */
  get turnId(): string | undefined {
    return turnOf(this.#phase);
  }

  /** Runs a claimed turn. */
  run(claim: Claim, deps: LocalSessionDeps): void {
    this.#deps = deps;
    const isSameLease = this.#process?.fence.epoch === claim.fence.epoch;
    this.tell({ type: 'claimed', claim, isSameLease });
  }

  /** Puts an event into the mailbox. */
  tell(event: PhaseEvent): void {
    this.#mailbox.push(event);
    if (this.#isAtWork) return;
    this.#isAtWork = true;
    try {
      for (let mail = this.#mailbox.shift(); mail !== undefined; mail = this.#mailbox.shift()) {
        this.#step(mail);
      }
    } finally {
      this.#isAtWork = false;
    }
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
    this.tidy();
  }

  /** Must be called after a change of a public field. */
  tidy(): void {
    const { holds, taking, left, orders } = this;
    const isBusy = this.isLive || holds > 0 || taking !== undefined || left !== undefined;
    if (!isBusy && orders.size === 0) this.#emptied(this);
  }

  /** Stops a turn; resolves once it has stopped. Does nothing if it is not running any more. */
  async interrupt(turnId: string): Promise<void> {
    this.tell({ type: 'interrupt', turnId });
    const giveUp = startTimer(START_GIVEN_UP_MS, () => {
      if (this.#isUnsent(turnId)) this.tell({ type: 'stop' });
    });
    await this.#until(() => !this.#isUnsent(turnId));
    giveUp.cancel();
    if (this.turnId === turnId) await this.#process?.run?.interrupt();
    await this.#process?.settled();
  }

  /** Adds a text to a turn; returns false if the turn is not running any more. */
  async steer(turnId: string, text: string): Promise<boolean> {
    await this.#until(() => !this.#isUnsent(turnId));
    const run = this.#process?.run;
    if (this.#phase.is !== 'running' || this.turnId !== turnId || run === undefined) return false;
    run.steer(text);
    return true;
  }

  /** Ends the process and everything it started; resolves once it is gone and the log is written. */
  async stop(): Promise<void> {
    do {
      const process = this.#process;
      this.tell({ type: 'stop' });
      await this.#until(() => this.#process !== process || process === undefined);
      // A turn that was claimed before the stop follows the process, and is stopped too.
    } while (isEnding(this.#phase));
  }

  #isUnsent(turnId: string): boolean {
    const phase = this.#phase;
    if (phase.is === 'stopping') {
      return [phase.unsent?.turnId, phase.next?.claim.turn.id].includes(turnId);
    }
    return (phase.is === 'claimed' || phase.is === 'starting') && phase.claim.turn.id === turnId;
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await this.#changed.promise;
  }

  #step(event: PhaseEvent): void {
    const { phase, actions } = next(this.#phase, event);
    if (phase.is !== this.#phase.is) this.#idle?.cancel();
    const hasLeft = event.type === 'gone' || (phase.is === 'absent' && this.isLive);
    this.#phase = phase;
    if (hasLeft) this.#leave();
    for (const action of actions) this.#act(action);
  }

  /** The recovery settles what the process could not, and gives the reason. */
  #leave(): void {
    const { loss, fence } = this.#process ?? {};
    if (loss !== undefined && fence !== undefined) this.left = { epoch: fence.epoch, loss };
    this.#process = undefined;
    this.#deps?.freed();
  }

  #act(action: Action): void {
    const process = this.#process;
    switch (action.do) {
      case 'place':
        void this.#place(action.claim);
        break;
      case 'prepare':
        process?.prepare(action.claim);
        break;
      case 'prompt':
        process?.prompt(action.claim);
        break;
      case 'end_unsent':
        process?.endUnsent(action.claim.turn.id);
        break;
      case 'fail':
        process?.fail(action.claim, action.error);
        break;
      case 'give_up':
        process?.failed(action.error);
        break;
      case 'begin':
        process?.begin(action.turnId);
        break;
      case 'fold':
        process?.fold(action.turnId);
        break;
      case 'rest':
        this.keep();
        this.#deps?.freed();
        break;
      case 'close':
        void process?.close();
    }
  }

  /** Waits until the process of an earlier owner is gone: no two processes of a session may run at the same time. */
  async #place(claim: Claim): Promise<void> {
    const deps = this.#deps;
    if (deps === undefined) return;
    this.#process = new SessionProcess(claim, this, deps);
    try {
      if (claim.leftover !== undefined) await this.#untilGone(claim.leftover, deps);
      this.tell({ type: 'placed', claim });
    } catch (error) {
      const who = { sessionId: this.id, turnId: claim.turn.id };
      // The lease is kept, so that another server or the recovery of this one settles the turn.
      deps.log.error({ ...who, err: error }, 'failed to run a claimed turn');
      this.tell({ type: 'unplaced', claim });
    }
  }

  async #untilGone(leftover: ProcessIdentity, deps: LocalSessionDeps): Promise<void> {
    while (!(await deps.killTree(leftover))) {
      if (deps.isClosed()) throw new Error('the server is stopping; the next one continues');
      deps.log.error({ sessionId: this.id }, 'failed to kill leftover processes, the turn waits');
      await sleep(KILL_AGAIN_MS);
    }
  }

  /** Keeps the process warm for another `idleEvictMs`. */
  keep(): void {
    const deps = this.#deps;
    if (deps === undefined || this.#phase.is !== 'warm') return;
    this.#idle?.cancel();
    this.#idle = startTimer(deps.idleEvictMs, () => deps.timeUp(this));
  }
}
