/** Databases of versions that stored whatever figures the API had sent. */

import { beforeEach, expect, test } from 'vitest';
import { SUM_MAX, TURN_TOKENS_MAX, TURN_USD_MAX } from '../../src/limits.ts';
import { contributionOf, METRIC_NAMES, PRINCIPAL_SCOPE } from '../../src/session/metrics.ts';
import type { Session } from '../../src/session/session.ts';
import { openInspection } from '../../src/store/sqlite/inspection.ts';
import type { Store } from '../../src/store/store.ts';
import { claimed, createIn, openSessions } from './fixtures.ts';
import { connect, newDirectory, openStore } from './temporary.ts';
import { makeUnsound } from './unsound.ts';

const MODEL = 'claude-test';
const USAGE = {
  inputTokens: 5,
  outputTokens: 6,
  cacheReadTokens: 7,
  cacheWriteTokens: 8,
  costUsd: 0.5,
};
const SOUND = {
  inputTokens: TURN_TOKENS_MAX,
  outputTokens: 13,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  costUsd: TURN_USD_MAX,
};

let directory: string;

beforeEach(() => {
  directory = newDirectory();
});

const open = () => openStore({ directory });

/** Runs the turn that waits; returns its session. */
async function runTurn(store: Store, usage = USAGE): Promise<Session> {
  const { fence, turn } = await claimed(store, 'server');
  const outcome = { state: 'completed', usage, usageByModel: { [MODEL]: usage } } as const;
  const end = { type: 'end_turn', turnId: turn.id, outcome } as const;
  const { session } = await store.append(fence.sessionId, end, { fence });
  await store.release(fence);
  return session;
}

/** A session of alice's, with a task and a turn, as an earlier version kept one answer with odd figures; bob's is sound. */
async function damaged(): Promise<string> {
  const store = await open();
  const id = await createIn(store, {
    principal: 'alice',
    taskId: 't',
    mcpSessionId: 'm',
    prompts: ['first'],
  });
  await createIn(store, { principal: 'bob' });
  await runTurn(store);
  await store.close();
  makeUnsound(directory, USAGE, 'alice');
  return id;
}

function expectSums(sums: Readonly<Record<string, number>>): void {
  for (const name of METRIC_NAMES) {
    const figure = sums[name] ?? Number.NaN;
    expect(Number.isFinite(figure) && figure >= 0, `${name} ${figure}`).toBe(true);
    if (name !== 'costUsd') expect(Number.isSafeInteger(figure), `${name} ${figure}`).toBe(true);
  }
}

test('creating, prompting and ending work for every principal', async () => {
  const id = await damaged();
  const store = await open();
  expect(await openSessions(store)).toBe(2);
  await createIn(store, { principal: 'carol', prompts: ['second'] });
  await runTurn(store);
  await store.append(id, { type: 'queue_prompt', turnId: 'third', prompt: 'on' });
  await runTurn(store);
  await store.append(id, { type: 'unlink_task', taskId: 't' });
  await store.append(id, { type: 'end', reason: 'done' });
  expect(await store.prune(-1_000, 500)).toBe(false);
  expectSums(await store.totals());
});

test('what was stored is read with figures that can be', async () => {
  const id = await damaged();
  const store = await open();
  const session = await store.session('alice', id);
  expect(session).toMatchObject({ usage: SOUND, usageByModel: { [MODEL]: SOUND } });
  expect(await store.turn(id, 'first')).toMatchObject({ usage: SOUND });
  const ended = (await store.events(id, 0, 100)).find(({ type }) => type === 'turn_ended');
  expect(ended).toMatchObject({ turn: { usage: SOUND, usageByModel: { [MODEL]: SOUND } } });
  for (const scope of [PRINCIPAL_SCOPE, 'task:t', 'mcp:m']) {
    expectSums((await store.sums('alice', scope)).metrics);
    expect((await store.sums('alice', scope)).usageByModel).toEqual({ [MODEL]: SOUND });
  }
});

test('the next turn mends the sums, and they go on counting', async () => {
  const id = await damaged();
  const store = await open();
  await store.append(id, { type: 'queue_prompt', turnId: 'third', prompt: 'on' });
  await runTurn(store);
  const row = connect(directory)
    .prepare(`SELECT * FROM metrics WHERE principal = 'alice' AND scope = '${PRINCIPAL_SCOPE}'`)
    .get();
  expect(row).toMatchObject({ inputTokens: TURN_TOKENS_MAX + USAGE.inputTokens });
  expect(row).toMatchObject({ cacheReadTokens: USAGE.cacheReadTokens });
});

test('the commands for people read it without a server', async () => {
  const id = await damaged();
  const inspection = await openInspection(directory);
  expect(await inspection?.session(id)).toMatchObject({ usage: SOUND });
  expect(await inspection?.sessions({ limit: 10 })).toHaveLength(2);
  for (const principal of ['alice', 'bob']) {
    expectSums({ ...(await inspection?.metrics(principal, PRINCIPAL_SCOPE)) });
  }
  inspection?.close();
});

test('sums at their bound stay there, and the totals of many principals too', async () => {
  const store = await open();
  const most = { ...USAGE, inputTokens: SUM_MAX };
  for (const principal of ['alice', 'bob', 'carol']) {
    await createIn(store, { principal, prompts: [`1${principal}`, `2${principal}`] });
    for (const _ of [1, 2]) {
      expect(contributionOf(await runTurn(store, most))).toMatchObject({ inputTokens: SUM_MAX });
    }
    expect((await store.sums(principal, PRINCIPAL_SCOPE)).metrics).toMatchObject({
      inputTokens: SUM_MAX,
    });
  }
  expect(await store.totals()).toMatchObject({ inputTokens: SUM_MAX, outputTokens: 36 });
});
