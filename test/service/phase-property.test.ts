import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ABSENT,
  type Action,
  next,
  type Phase,
  type PhaseEvent,
  turnOf,
} from '../../src/service/phase.ts';
import { claim } from './claim.ts';

/** Carries actions out as the session's object does, at moments that the test chooses. */
class Model {
  phase: Phase = ABSENT;
  processes = 0;
  epochs = 0;
  /** The epoch of the process that is there or being had. */
  lease = 0;
  hasExited = false;
  /** The turn of the last claim, and those that were to stop before Claude got them. */
  claimed: string | undefined;
  readonly stopped = new Set<string>();
  /** Interrupted while nobody had failed to write about it. */
  readonly interrupted = new Set<string>();
  readonly due: PhaseEvent[] = [];
  /** What became of each turn. */
  readonly fate = new Map<string, string[]>();

  tell(event: PhaseEvent): void {
    if (event.type === 'exited') this.hasExited = true;
    const turnId = turnOf(this.phase);
    if (event.type === 'stop' && turnId !== undefined) this.stopped.add(turnId);
    const { phase, actions } = next(this.phase, event);
    this.phase = phase;
    for (const action of actions) this.act(action);
    if (phase.is === 'absent') this.processes = 0;
  }

  note(turnId: string, what: string): void {
    this.fate.set(turnId, [...(this.fate.get(turnId) ?? []), what]);
  }

  act(action: Action): void {
    switch (action.do) {
      case 'place':
        this.lease = action.claim.fence.epoch;
        expect(this.processes).toBe(0);
        this.due.push({ type: 'placed', claim: action.claim });
        break;
      case 'prepare':
        this.processes = 1;
        this.due.push({ type: 'ready' });
        break;
      case 'prompt':
        expect([this.processes, this.lease]).toEqual([1, action.claim.fence.epoch]);
        expect(this.stopped).not.toContain(action.claim.turn.id);
        expect(this.interrupted).not.toContain(action.claim.turn.id);
        this.note(action.claim.turn.id, 'prompted');
        break;
      case 'end_unsent':
      case 'fail':
        this.end(action.claim.turn.id);
        break;
      case 'begin':
        this.note(action.turnId, 'prompted');
        break;
      case 'close': {
        const { phase } = this;
        if (phase.is !== 'stopping') throw new Error('closed too early');
        this.due.push({ type: 'settled' }, { type: 'gone' });
        break;
      }
      case 'rest':
        expect(this.hasExited).toBe(false);
        break;
      case 'fold':
      case 'give_up':
        break;
    }
  }

  claim(turnId: string, isNewLease: boolean): void {
    if (isNewLease) this.epochs += 1;
    this.claimed = turnId;
    const isSameLease = this.lease === this.epochs && this.phase.is !== 'absent';
    this.tell({ type: 'claimed', claim: claim(turnId, this.epochs), isSameLease });
  }

  /** The turn that Claude is at comes to its end. */
  finish(): void {
    const { phase } = this;
    if (phase.is === 'running' && !phase.hasEnded) this.end(phase.turnId);
  }

  end(turnId: string): void {
    this.note(turnId, 'ended');
    this.tell({ type: 'ended', turnId, isBroken: false });
    this.due.push({ type: 'written', turnId, at: 1 });
  }

  /** What is under way comes to its end, the oldest first. */
  settleOne(): void {
    const event = this.due.shift();
    if (event === undefined) return;
    if (event.type === 'settled') this.settleUnsent();
    if (event.type === 'gone') {
      const turnId = this.phase.is === 'stopping' ? this.phase.turnId : undefined;
      // The end of the process is the end of its turn.
      if (turnId !== undefined) this.end(turnId);
      this.processes = 0;
      this.hasExited = false;
    }
    this.tell(event);
  }

  settleUnsent(): void {
    const unsent = this.phase.is === 'stopping' ? this.phase.unsent : undefined;
    if (unsent !== undefined) this.note(unsent.turnId, unsent.isUnwanted ? 'ended' : 'requeued');
  }

  interrupt(): void {
    const turnId = turnOf(this.phase);
    if (turnId === undefined) return;
    if (!this.fate.has(turnId)) this.interrupted.add(turnId);
    this.tell({ type: 'interrupt', turnId });
  }

  /** The end of what is being had does not come, but another one. */
  instead(type: PhaseEvent['type'], other: PhaseEvent): void {
    const at = this.due.findIndex((event) => event.type === type);
    if (at >= 0) this.due.splice(at, 1, other);
  }
}

/** What may happen to a session, in any order. */
const STEPS = {
  claim: (model: Model, index: number) => {
    // A store lets nobody claim a session of which a turn runs, unless another server took it.
    if (turnOf(model.phase) === undefined) model.claim(`t${index}`, model.phase.is === 'absent');
  },
  claimElsewhere: (model: Model, index: number) => {
    // Another server has taken the session meanwhile, and settled its turn.
    model.interrupted.clear();
    model.claim(`t${index}`, true);
  },
  settle: (model: Model) => model.settleOne(),
  finish: (model: Model) => model.finish(),
  exit: (model: Model) => {
    model.finish();
    if (model.processes > 0) model.tell({ type: 'exited' });
  },
  stop: (model: Model) => model.tell({ type: 'stop' }),
  interrupt: (model: Model) => model.interrupt(),
  wake: (model: Model, index: number) => model.tell({ type: 'woken', turnId: `w${index}` }),
  fail: (model: Model) => model.instead('ready', { type: 'failed', error: new Error('no') }),
  unrecorded: (model: Model) =>
    model.instead('ready', { type: 'unrecorded', error: new Error('disk') }),
  /** A turn was claimed in the moment in which Claude woke up; the process here hears of it later. */
  claimedBeforeWake: (model: Model, index: number) => {
    if (turnOf(model.phase) !== undefined) return;
    const isNew = model.phase.is === 'absent';
    model.tell({ type: 'woken', turnId: `w${index}` });
    model.claim(`t${index}`, isNew);
  },
} as const;

const steps = Object.keys(STEPS) as (keyof typeof STEPS)[];
const ordinary = ['claim', 'finish', 'settle', 'settle', 'settle', 'settle'] as const;
const step = fc.constantFrom(...steps, ...ordinary, ...ordinary);

test('whatever happens, there is one process at most, and each turn of a lease that is held comes to one end', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const model = new Model();
      for (const [index, does] of steps.entries()) STEPS[does](model, index);
      for (let rounds = 0; model.due.length > 0; rounds++) {
        expect(rounds).toBeLessThan(100);
        model.settleOne();
      }
      // What is at rest has nothing under way; what was asked to stop has stopped.
      expect(['absent', 'running', 'warm']).toContain(model.phase.is);
      for (const turnId of model.interrupted) expect(model.fate.get(turnId)).toEqual(['ended']);
      for (const fates of model.fate.values()) {
        const ends = fates.filter((what) => what !== 'prompted');
        expect(ends.length).toBeLessThanOrEqual(1);
        expect(fates.filter((what) => what === 'prompted').length).toBeLessThanOrEqual(1);
      }
      model.tell({ type: 'stop' });
      while (model.due.length > 0) model.settleOne();
      expect(model.phase).toEqual(ABSENT);
      // What was claimed last is not forgotten: its turn has ended, or waits again.
      if (model.claimed !== undefined)
        expect(model.fate.get(model.claimed)).not.toEqual(['prompted']);
      if (model.claimed !== undefined) expect(model.fate.has(model.claimed)).toBe(true);
    }),
    { numRuns: 3_000 },
  );
});
