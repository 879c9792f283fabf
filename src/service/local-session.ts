/**
 * One session as far as this server has to do with it: the phase of its process, and what else is under way. Everything that
 * happens to it comes through one mailbox, one event after the other.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { KILL_AGAIN_MS, START_GIVEN_UP_MS } from '../limits.ts';
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
import { type ProcessDeps, SessionProcess } from './session-process.ts';

export type LocalSessionDeps = ProcessDeps &
  Pick<Parts, 'killTree'> & {
    readonly idleEvictMs: number;
    /** Whether the server stops: then it waits for nothing any more. */
    isClosed(): boolean;
    /** It has been idle for `idleEvictMs`. */
    timeUp(session: LocalSession): void;
    /** Its turn has ended, or its place is free. */
    freed(): void;
  };

/** Why this server left a session under a lease, or took it and has not settled it yet. */
export type Left = { readonly epoch: number; readonly loss: Loss };

export class LocalSession {
  readonly id: string;
  /** How many callers have it stopped: meanwhile no turn of it is claimed here. */
  holds = 0;
  /** While it is being taken from another owner: settles once that is done. */
  taking: Promise<boolean> | undefined;
  left: Left | undefined;
  /** Orders of other servers that are being carried out, so that a second look does not start them again. */
  readonly orders = new Set<string>();
  #phase: Phase = ABSENT;
  #process: SessionProcess | undefined;
  #deps: LocalSessionDeps | undefined;
  readonly #mailbox: PhaseEvent[] = [];
  #isAtWork = false;
  #changed = Promise.withResolvers<void>();
  #idle: Timer | undefined;
  readonly #emptied: (session: LocalSession) => void;

  /** @param emptied nothing is under way any more */
  constructor(id: string, emptied: (session: LocalSession) => void) {
    this.id = id;
    this.#emptied = emptied;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** The process, and the lease it is under, from the claim of a turn until it is gone. */
  get process(): SessionProcess | undefined {
    return this.#process;
  }

  get isLive(): boolean {
    return this.#phase.is !== 'absent';
  }

  /** The turn that is claimed or runs, if one is. */
  get turnId(): string | undefined {
    return turnOf(this.#phase);
  }

  /** Has a claimed turn run here. */
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

  /** To be called when one of the public fields has changed. */
  tidy(): void {
    const { holds, taking, left, orders } = this;
    const isBusy = this.isLive || holds > 0 || taking !== undefined || left !== undefined;
    if (!isBusy && orders.size === 0) this.#emptied(this);
  }

  /** Stops a turn, and resolves once it has stopped; does nothing if it does not run any more. */
  async interrupt(turnId: string): Promise<void> {
    this.tell({ type: 'interrupt', turnId });
    const giveUp = startTimer(START_GIVEN_UP_MS, () => this.#giveUpStart(turnId));
    await this.#until(() => !this.#isUnsent(turnId));
    giveUp.cancel();
    if (this.turnId === turnId) await this.#process?.run?.interrupt();
    await this.#process?.settled();
  }

  /** Puts a text into a turn; returns false if it does not run any more. */
  async steer(turnId: string, text: string): Promise<boolean> {
    await this.#until(() => !this.#isUnsent(turnId));
    const run = this.#process?.run;
    if (this.#phase.is !== 'running' || this.turnId !== turnId || run === undefined) return false;
    run.steer(text);
    return true;
  }

  /** Ends the process and all it started; resolves once it is gone and the log is written. */
  async stop(): Promise<void> {
    do {
      const process = this.#process;
      this.tell({ type: 'stop' });
      await this.#until(() => this.#process !== process || process === undefined);
      // What was claimed before the stop comes after the process, and goes too.
    } while (isEnding(this.#phase));
  }

  #isUnsent(turnId: string): boolean {
    const phase = this.#phase;
    if (phase.is === 'stopping') {
      return [phase.unsent?.turnId, phase.next?.claim.turn.id].includes(turnId);
    }
    return (phase.is === 'claimed' || phase.is === 'starting') && phase.claim.turn.id === turnId;
  }

  #giveUpStart(turnId: string): void {
    if (this.#isUnsent(turnId)) this.tell({ type: 'stop' });
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

  /** The process is gone. What it could not settle is left to the recovery, with the reason. */
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
        process?.giveUpUnsent(action.claim, action.error);
        break;
      case 'begin':
        process?.begin(action.turnId);
        break;
      case 'fold':
        process?.fold(action.turnId);
        break;
      case 'rest':
        this.#rest();
        break;
      case 'close':
        void process?.close();
    }
  }

  /** Nothing of the session may run beside what an earlier owner has left. */
  async #place(claim: Claim): Promise<void> {
    const deps = this.#deps;
    if (deps === undefined) return;
    this.#process = new SessionProcess(claim, this, deps);
    try {
      if (claim.leftover !== undefined) await this.#untilGone(claim.leftover, deps);
      this.tell({ type: 'placed', claim });
    } catch (error) {
      const who = { sessionId: this.id, turnId: claim.turn.id };
      // Its lease stays: another server, or the recovery of this one, settles the turn.
      deps.log.error({ ...who, err: error }, 'a claimed turn could not be placed');
      this.tell({ type: 'unplaced', claim });
    }
  }

  async #untilGone(leftover: ProcessIdentity, deps: LocalSessionDeps): Promise<void> {
    while (!(await deps.killTree(leftover))) {
      if (deps.isClosed()) throw new Error('the server stops; the next one goes on with it');
      const message = 'processes that were left behind may live on: the turn waits';
      deps.log.error({ sessionId: this.id }, message);
      await sleep(KILL_AGAIN_MS);
    }
  }

  #rest(): void {
    this.keep();
    this.#deps?.freed();
  }

  /** Lets the process stay warm for its whole time, from now on. */
  keep(): void {
    const deps = this.#deps;
    if (deps === undefined || this.#phase.is !== 'warm') return;
    this.#idle?.cancel();
    this.#idle = startTimer(deps.idleEvictMs, () => deps.timeUp(this));
  }
}
