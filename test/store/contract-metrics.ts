import fc from 'fast-check';
import { expect, test } from 'vitest';
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
import type { Store, Sums } from '../../src/store/store.ts';
import { NO_SUMS } from '../../src/store/sums.ts';
import type { Opened } from './contract.ts';
import { createIn, creation, newUuid } from './fixtures.ts';
import { lives, MADE } from './model.ts';

const SCOPES = ['principal', 'task:a', 'task:b', 'task:c', 'mcp:m', 'mcp:a', 'mcp:b', 'mcp:c'];

export function metricsContract({ store }: Opened): void {
  test('a scope without sessions has sums of nought', async () => {
    expect(await store().sums('nobody', 'principal')).toEqual(NO_SUMS);
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
      if (principal !== 'bob') await store().append(id, { type: 'end', reason: '' });
    }
    const sums = await Promise.all(principals.map((name) => store().sums(name, PRINCIPAL_SCOPE)));
    const expected = sums.map(({ metrics }) => metrics).reduce((total, sum) => combine(total, sum));
    expect(expected).toMatchObject({ totalSessions: 4, endedSessions: 3, queuedTurns: 2 });
    expect(await store().totals()).toEqual(expected);
  });

  test('after any commands the rows are what the log makes of them, and the sums what they add up to', async () => {
    const several = fc.array(lives, { minLength: 3, maxLength: 3 });
    const addUp = fc.asyncProperty(several, async (given) => {
      const principal = newUuid();
      const models = given.map((live) => live(newUuid()));
      const writes = models.flatMap(({ id, commands }) => [
        store().create(id, creation({ ...MADE, principal })),
        ...commands.map((each) => store().append(id, each)),
      ]);
      await Promise.all(writes);
      const sessions = await store().sessions({ principal, limit: 100 });
      for (const model of models) {
        const session = sessions.find(({ id }) => id === model.id);
        expect(session).toEqual(await replay(store(), model.id));
        expect(session).toMatchObject({ turns: model.session.turns, usage: model.session.usage });
      }
      for (const scope of SCOPES) {
        expect(await store().sums(principal, scope)).toEqual(sumsOf(sessions, scope));
      }
    });
    await fc.assert(addUp, { numRuns: 40 });
  });
}

async function replay(store: Store, id: string): Promise<Session | undefined> {
  let session: Session | undefined;
  for (const event of await store.events(id, 0, 1000)) {
    session = session === undefined ? applyCreated(id, event) : apply(session, event);
  }
  return session;
}

function sumsOf(sessions: readonly Session[], scope: string): Sums {
  const inScope = sessions.filter((session) => scopesOf(session).includes(scope));
  return {
    metrics: inScope.reduce<Metrics>((sum, one) => combine(sum, contributionOf(one)), NO_METRICS),
    usageByModel: inScope.reduce((sum, one) => addUsageByModel(sum, one.usageByModel ?? {}), {}),
  };
}
