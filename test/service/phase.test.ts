import { describe, expect, test } from 'vitest';
import { ABSENT, next, type Phase, type PhaseEvent, turnOf } from '../../src/service/phase.ts';
import { claim } from './claim.ts';

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

  test('whose next turn was claimed while its process went stops that turn too, or ends it unsent', () => {
    const next = { type: 'claimed', claim: claim('b'), isSameLease: true } as const;
    const going = [...started, ended, written, { type: 'exited' }, next] as const;
    expect(turnOf(having(...going).phase)).toBe('b');
    const stopped = having(...going, { type: 'stop' }, { type: 'gone' });
    expect(stopped.phase).toMatchObject({ is: 'claimed', isStopped: true });
    const unwanted = having(...going, { type: 'interrupt', turnId: 'b' }, { type: 'gone' });
    expect(unwanted.phase).toMatchObject({ is: 'claimed', isUnwanted: true });
  });

  test('whose process may live on has it killed before the next turn starts', () => {
    const next = { type: 'claimed', claim: claim('b'), isSameLease: true } as const;
    const leftover = { pid: 1, startTime: '', bootId: '', marker: '' };
    const { phase } = having(...started, { type: 'stop' }, next, { type: 'gone', leftover });
    expect(phase).toMatchObject({ is: 'claimed', claim: { leftover } });
  });

  test('that Claude has woken after its next turn was claimed tells that as part of the next turn', () => {
    const woken = { type: 'woken', turnId: 'w' } as const;
    const next = { type: 'claimed', claim: claim('b'), isSameLease: true } as const;
    const { phase, did } = having(...started, ended, written, woken, next);
    expect(did.slice(-3)).toEqual(['begin', 'fold', 'prepare']);
    expect(turnOf(phase)).toBe('b');
  });

  test('that Claude wakes has a turn of its own, or tells it as part of the one at hand', () => {
    const woken = { type: 'woken', turnId: 'w' } as const;
    expect(having(...started, ended, written, woken).did.at(-1)).toBe('begin');
    expect(having(...started, ended, woken).did.at(-1)).toBe('begin');
    expect(having(...started, woken).did.at(-1)).toBe('fold');
    expect(having(claimed, placed, woken).did.at(-1)).toBe('fold');
  });
});
