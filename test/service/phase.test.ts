import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ABSENT,
  type Action,
  next,
  type Phase,
  type PhaseEvent,
  turnOf,
} from '../../src/service/phase.ts';
import type { Claim } from '../../src/store/store.ts';

function claim(turnId: string, epoch = 1): Claim {
  const fence = { sessionId: 's', owner: 'me', epoch };
  const turn = { id: turnId, sessionId: 's', state: 'running', origin: 'prompt', queuedAt: 0 };
  return { fence, turn: { ...turn, prompt: turnId }, prompted: false } as unknown as Claim;
}

/** The phase after these events, and all that was to be done. */
function having(...events: readonly PhaseEvent[]): { phase: Phase; did: string[] } {
  let phase = ABSENT;
  const did: string[] = [];
  for (const event of events) {
    const step = next(phase, event);
    phase = step.phase;
    did.push(...step.actions.map((action) => action.do));
  }
  return { phase, did };
}

const first = claim('a');
const claimed = { type: 'claimed', claim: first, isSameLease: false } as const;
const placed = { type: 'placed', claim: first } as const;
const started = [claimed, placed, { type: 'ready' }] as const;
const ended = { type: 'ended', turnId: 'a', isBroken: false } as const;
const written = { type: 'written', turnId: 'a', at: 7 } as const;

describe('a session', () => {
  test('goes from a claim through its turn to a warm process, and on to the next turn in it', () => {
    const { phase, did } = having(...started, ended, written);
    expect(did).toEqual(['place', 'prepare', 'prompt', 'rest']);
    expect(phase).toEqual({ is: 'warm', since: 7 });
    const again = next(phase, { type: 'claimed', claim: claim('b'), isSameLease: true });
    expect(again).toMatchObject({ phase: { is: 'starting' }, actions: [{ do: 'prepare' }] });
  });

  test('whose turn has just ended takes the next one before its end is known to be written', () => {
    const next = { type: 'claimed', claim: claim('b'), isSameLease: true } as const;
    const { phase, did } = having(...started, ended, next, written);
    expect(did).toEqual(['place', 'prepare', 'prompt', 'prepare']);
    expect(turnOf(phase)).toBe('b');
  });

  test('that is claimed under another lease has no process beside the old one', () => {
    const other = { type: 'claimed', claim: claim('b', 2), isSameLease: false } as const;
    const { phase, did } = having(...started, ended, written, other);
    expect([phase.is, did.at(-1)]).toEqual(['stopping', 'close']);
    expect(next(phase, { type: 'gone' })).toMatchObject({
      phase: { is: 'claimed', claim: { turn: { id: 'b' } } },
      actions: [{ do: 'place' }],
    });
  });

  test('that is stopped while something older may be there starts nothing once that is gone', () => {
    const { phase, did } = having(claimed, { type: 'stop' }, placed);
    expect(did).toEqual(['place', 'close']);
    expect(phase).toMatchObject({ is: 'stopping', unsent: { turnId: 'a' } });
  });

  test('whose turn is interrupted before Claude got it ends that turn without a prompt', () => {
    const stop = { type: 'interrupt', turnId: 'a' } as const;
    for (const events of [
      [claimed, stop, placed, { type: 'ready' }],
      [claimed, placed, stop, { type: 'ready' }],
    ] as const) {
      expect(having(...events).did).toEqual(['place', 'prepare', 'end_unsent']);
    }
    expect(
      having(claimed, placed, { type: 'interrupt', turnId: 'x' }, { type: 'ready' }).did,
    ).toEqual(['place', 'prepare', 'prompt']);
  });

  test('whose process goes before the prompt is handed over lets the runner end the turn, and stops', () => {
    const { phase, did } = having(claimed, placed, { type: 'exited' }, { type: 'ready' }, ended);
    expect(did).toEqual(['place', 'prepare', 'prompt', 'close']);
    expect(phase.is).toBe('stopping');
  });

  test('that Claude wakes has a turn of its own, or tells it as part of the one at hand', () => {
    const woken = { type: 'woken', turnId: 'w' } as const;
    expect(having(...started, ended, written, woken).did.at(-1)).toBe('begin');
    expect(having(...started, ended, woken).did.at(-1)).toBe('begin');
    expect(having(...started, woken).did.at(-1)).toBe('fold');
    expect(having(claimed, placed, woken).did.at(-1)).toBe('fold');
  });
});

/** Carries actions out as the session's object does, at moments that the test chooses. */
class Model {
  phase: Phase = ABSENT;
  processes = 0;
  epochs = 0;
  /** The epoch of the process that is there or being had. */
  lease = 0;
  hasExited = false;
  /** The turn of the last claim, and those that were asked to stop before Claude got them. */
  claimed: string | undefined;
  readonly stopped = new Set<string>();
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
        this.note(action.claim.turn.id, 'prompted');
        break;
      case 'end_unsent':
      case 'fail':
        this.end(action.claim.turn.id);
        break;
      case 'give_up':
        this.note(action.claim.turn.id, 'requeued');
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
      const turnId = turnOf(this.phase);
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
}

/** What may happen to a session, in any order. */
const STEPS = {
  claim: (model: Model, index: number) => {
    // A store lets nobody claim a session of which a turn runs, unless another server took it.
    if (turnOf(model.phase) === undefined) model.claim(`t${index}`, model.phase.is === 'absent');
  },
  claimElsewhere: (model: Model, index: number) => model.claim(`t${index}`, true),
  settle: (model: Model) => model.settleOne(),
  finish: (model: Model) => model.finish(),
  exit: (model: Model) => {
    model.finish();
    if (model.processes > 0) model.tell({ type: 'exited' });
  },
  stop: (model: Model) => model.tell({ type: 'stop' }),
  interrupt: (model: Model) => model.tell({ type: 'interrupt', turnId: turnOf(model.phase) ?? '' }),
  wake: (model: Model, index: number) => model.tell({ type: 'woken', turnId: `w${index}` }),
  fail: ({ due }: Model) => {
    const at = due.findIndex(({ type }) => type === 'ready');
    if (at >= 0) due.splice(at, 1, { type: 'failed', error: new Error('no') });
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
