import { expect, test } from 'vitest';
import { ANY_TURN, createIn } from '../store/fixtures.ts';
import { makeUnsound } from '../store/unsound.ts';
import { World } from './world.ts';

const USAGE = {
  inputTokens: 5,
  outputTokens: 6,
  cacheReadTokens: 7,
  cacheWriteTokens: 8,
  costUsd: 0.5,
};

test('every command reads a database with absurd figures in it', async () => {
  const world = new World();
  const store = await world.store();
  const id = await createIn(store, { principal: 'alice', taskId: 't', prompts: ['first'] });
  await createIn(store, { principal: 'bob' });
  const claim = await store.claim('server', ANY_TURN);
  if (claim === undefined || claim === 'full') throw new Error('no turn waits');
  const outcome = { state: 'completed', usage: USAGE, usageByModel: { m: USAGE } } as const;
  const end = { type: 'end_turn', turnId: 'first', outcome } as const;
  await store.append(id, end, { fence: claim.fence });
  await store.release(claim.fence);
  makeUnsound(world.stateDir, USAGE, 'alice');
  for (const words of [['list'], ['metrics'], ['metrics', '--task', 't'], ['show', id]]) {
    for (const columns of [80, undefined]) {
      const { code, output } = await world.run(words, columns === undefined ? {} : { columns });
      expect([words, code]).toEqual([words, 0]);
      expect(output).not.toMatch(/NaN|null|Infinity|undefined|e\+/);
    }
    expect(JSON.stringify(await world.json(words))).not.toMatch(/null,"costUsd|"costUsd":null/);
  }
  expect((await world.run(['tail', id, '--no-follow'])).code).toBe(0);
});
