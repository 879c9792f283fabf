import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TURN_STATES, type TurnState } from '../../src/session/event.ts';
import { contributionOf, scopesOf } from '../../src/session/metrics.ts';
import { addUsage, NO_USAGE } from '../../src/session/usage.ts';
import { leaveMcpScope } from '../../src/store/sums.ts';
import { creation } from './fixtures.ts';
import { lives, Model } from './model.ts';

const RUNS = { numRuns: 100 };

test('whatever happens to a session, its rows say what its record says', () => {
  const legal = fc.property(lives, (live) => {
    const { session, turns, openTurns, openRequests, tasks, labels } = live('s');
    const states = [...turns.values()].map(({ state }) => state);
    const count = (wanted: TurnState) => states.filter((state) => state === wanted).length;
    const counts = Object.fromEntries(TURN_STATES.map((state) => [state, count(state)]));
    expect({ ...counts, failed: count('failed') + count('lost') }).toEqual(session.turns);
    const { lastTurn } = session;
    if (lastTurn) expect(turns.get(lastTurn.id)).toMatchObject(lastTurn);
    const queuedPrompts = openTurns.filter(({ origin }) => origin === 'prompt');
    expect(queuedPrompts.every(({ prompt }) => /^[abc]$/.test(prompt))).toBe(true);
    const usages = [...turns.values()].map(({ usage }) => usage ?? NO_USAGE);
    expect(usages.reduce(addUsage, NO_USAGE)).toEqual(session.usage);
    expect(openRequests).toHaveLength(session.pendingPermissions);
    expect([...tasks].sort()).toEqual([...session.taskIds].sort());
    expect(labels).toEqual(session.labels);
  });
  fc.assert(legal, RUNS);
});

test('each sum of a scope that the session is in counts exactly the session, and there are no others', () => {
  const counted = fc.property(lives, (live) => {
    const model = live('s');
    const { session } = model;
    const one = { metrics: contributionOf(session), usageByModel: session.usageByModel ?? {} };
    const expected = scopesOf(session).map((scope) => [scope, one] as const);
    expect(model.sums).toEqual(new Map(expected));
    model.count(leaveMcpScope(session));
    expect(model.sums).toEqual(new Map(expected.filter(([scope]) => !scope.startsWith('mcp:'))));
  });
  fc.assert(counted, RUNS);
});

test('an event about a turn that was never queued is refused', () => {
  const cancelled = { type: 'prompt_cancelled', turnId: 'none', prompt: 'x' } as const;
  expect(() => new Model('s').write([...creation(), cancelled], 0)).toThrow(
    'turn none, which is not open',
  );
});
