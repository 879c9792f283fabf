import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SessionError } from '../../src/errors.ts';
import type { SessionCommand } from '../../src/session/decide.ts';
import type { UsageByModel } from '../../src/session/event.ts';
import {
  combine,
  contributionOf,
  type Metrics,
  NO_METRICS,
  PRINCIPAL_SCOPE,
  scopesOf,
} from '../../src/session/metrics.ts';
import { apply, applyCreated, type Session } from '../../src/session/session.ts';
import { addUsageByModel } from '../../src/session/usage.ts';
import type { Store } from '../../src/store/store.ts';
import type { Opened } from './contract.ts';
import { answering, asking } from './contract-log.ts';
import { command, createIn, creation, newUuid } from './fixtures.ts';

/** A command of one session; turns and requests get names of that session's own. */
type Make = (name: (id: string) => string) => SessionCommand;
type Step = { readonly session: number; readonly make: Make };

const USAGE = {
  inputTokens: 3,
  outputTokens: 5,
  cacheReadTokens: 7,
  cacheWriteTokens: 11,
  costUsd: 0.1,
};

const FAILURE = new SessionError('UNAVAILABLE', 'x').toFailure();

const turn = fc.constantFrom('t1', 't2', 't3');
const request = fc.constantFrom('r1', 'r2');
const outcome = fc.constantFrom('completed', 'failed', 'interrupted', 'lost');

const steps: fc.Arbitrary<Make> = fc.oneof(
  fc.constantFrom('m1', 'm2', null).map(
    (to): Make =>
      () => ({ type: 'tie', mcpSessionId: to }),
  ),
  fc.constantFrom('a', 'b').map(
    (taskId): Make =>
      () => ({ type: 'link_task', taskId }),
  ),
  fc.constantFrom('a', 'b').map(
    (taskId): Make =>
      () => ({ type: 'unlink_task', taskId }),
  ),
  turn.map(
    (id): Make =>
      (name) => ({ type: 'queue_prompt', turnId: name(id), prompt: id }),
  ),
  turn.map(
    (id): Make =>
      (name) => ({ type: 'cancel_prompt', turnId: name(id) }),
  ),
  turn.map(
    (id): Make =>
      (name) => ({ type: 'start_turn', turnId: name(id), origin: 'prompt' }),
  ),
  turn.map(
    (id): Make =>
      (name) => ({ type: 'requeue_turn', turnId: name(id), text: 'x' }),
  ),
  fc.tuple(turn, outcome).map(
    ([id, state]): Make =>
      (name) => {
        const usageByModel = { [id]: USAGE };
        const outcome = { state, usage: USAGE, usageByModel };
        return { type: 'end_turn', turnId: name(id), outcome };
      },
  ),
  fc.tuple(request, turn).map(
    ([id, of]): Make =>
      (name) =>
        asking(name(id), name(of)),
  ),
  request.map(
    (id): Make =>
      (name) =>
        answering(name(id)),
  ),
  fc.constant((): SessionCommand => ({ type: 'fail', error: FAILURE })),
  fc.constant((): SessionCommand => ({ type: 'end', reason: 'x' })),
);

const scripts = fc.array(fc.record({ session: fc.nat(2), make: steps }), {
  minLength: 20,
  maxLength: 60,
});

const SCOPES = ['principal', 'task:a', 'task:b', 'mcp:m1', 'mcp:m2'];

export function metricsContract({ current, store }: Opened): void {
  test('a scope without sessions has sums of nought', async () => {
    expect((await store().sums('nobody', 'principal')).metrics).toEqual(NO_METRICS);
    expect((await store().sums('nobody', 'principal')).usageByModel).toEqual({});
  });

  test('the totals are the sums over all principals', async () => {
    expect(await store().totals()).toEqual(NO_METRICS);
    const principals = ['', 'alice', 'bob', 'z'];
    for (const principal of principals) {
      const id = await createIn(store(), {
        principal,
        taskId: `a-${principal}`,
        prompts: ['x', 'y'].map((name) => name + principal),
      });
      if (principal !== 'bob') await command(store(), id, { type: 'end', reason: '' });
    }
    const sums = await Promise.all(principals.map((name) => store().sums(name, PRINCIPAL_SCOPE)));
    const expected = sums.map(({ metrics }) => metrics).reduce((total, sum) => combine(total, sum));
    expect(expected).toMatchObject({ totalSessions: 4, endedSessions: 3, queuedTurns: 2 });
    expect(await store().totals()).toEqual(expected);
  });

  test('after any commands the rows are what the log makes of them, and the sums what they add up to', async () => {
    await fc.assert(
      fc.asyncProperty(scripts, async (script) => {
        const principal = newUuid();
        const ids = await play(store(), principal, script, () => current().advance(7));
        const sessions = await store().sessions({ principal, limit: 100 });
        expect(sessions).toHaveLength(ids.length);
        for (const session of sessions) expect(session).toEqual(await replay(store(), session.id));
        for (const scope of SCOPES) {
          expect((await store().sums(principal, scope)).metrics).toEqual(sumOf(sessions, scope));
          const byModel = (await store().sums(principal, scope)).usageByModel;
          expect(byModel).toEqual(usageByModelOf(sessions, scope));
        }
      }),
      { numRuns: 40 },
    );
  });
}

async function play(
  store: Store,
  principal: string,
  script: readonly Step[],
  tick: () => void,
): Promise<readonly string[]> {
  const ids = [newUuid(), newUuid(), newUuid()];
  await Promise.all(ids.map((id) => store.create(id, creation({ principal, mcpSessionId: 'm1' }))));
  const writes = script.map(async ({ session, make }) => {
    const id = ids[session] ?? '';
    await command(
      store,
      id,
      make((name) => `${id}.${name}`),
    ).catch(onlyRefusals);
  });
  tick();
  await Promise.all(writes);
  return ids;
}

/** Commands that are not legal now, and ids queued twice, are part of the game; anything else is not. */
function onlyRefusals(error: unknown): void {
  const isDoubleId = error instanceof Error && error.message.includes('UNIQUE');
  if (!(error instanceof SessionError) && !isDoubleId) throw error;
}

async function replay(store: Store, id: string): Promise<Session | undefined> {
  let session: Session | undefined;
  for (const event of await store.events(id, 0, 1000)) {
    session = session === undefined ? applyCreated(id, event) : apply(session, event);
  }
  return session;
}

function usageByModelOf(sessions: readonly Session[], scope: string): UsageByModel {
  return sessions
    .filter((session) => scopesOf(session).includes(scope))
    .reduce((sum, { usageByModel = {} }) => addUsageByModel(sum, usageByModel), {});
}

function sumOf(sessions: readonly Session[], scope: string): Metrics {
  return sessions
    .filter((session) => scopesOf(session).includes(scope))
    .reduce((sum, session) => combine(sum, contributionOf(session)), NO_METRICS);
}
