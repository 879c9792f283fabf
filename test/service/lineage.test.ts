import { describe, expect, test } from 'vitest';
import { type Harness, startHarness } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';

const LONG_MS = 20_000;
const USAGE = {
  inputTokens: 7,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  costUsd: 0,
};

const uuidOf = (sessionId: string) => sessionId.slice('claude_'.length);

async function start(): Promise<{ harness: Harness; client: TestClient }> {
  const harness = await startHarness();
  return { harness, client: await harness.connect() };
}

/** Sends a prompt to a session without a warm process and gives what its new one is told of the conversation. */
async function toldAtStart({ harness, client }: Awaited<ReturnType<typeof start>>, id: string) {
  const known = harness.runner.runs.length;
  await client.call('send_prompt', { sessionId: id, prompt: 'go' });
  const run = await harness.runner.waitFor(
    (one) => one.turnId !== undefined && harness.runner.runs.indexOf(one) >= known,
  );
  const { past, forkOf } = run.spec;
  const end = async (outcome: Parameters<typeof run.finish>[0] = {}) => {
    run.finish(outcome);
    await client.call('wait_sessions', { sessionIds: [id], until: 'turn_end', waitMs: LONG_MS });
    run.exit();
  };
  return { told: { past, forkOf }, end };
}

async function created({ client }: Awaited<ReturnType<typeof start>>): Promise<string> {
  return (await client.call('create_session')).session.id;
}

describe('a process is told what there is to go on with', () => {
  test('nothing before the first turn, and that it must be there once a turn is completed', async () => {
    const world = await start();
    const id = await created(world);
    const first = await toldAtStart(world, id);
    expect(first.told).toEqual({});
    await first.end();
    const second = await toldAtStart(world, id);
    expect(second.told).toEqual({ past: 'answered' });
  });

  test.each([
    ['a failed turn may have left nothing', { state: 'failed' }, 'tried'],
    ['a lost turn may have left nothing', { state: 'lost' }, 'tried'],
    ['an interrupted turn may have left nothing', { state: 'interrupted' }, undefined],
    ['a failed turn that was paid for was answered', { state: 'failed', usage: USAGE }, 'answered'],
    ['so was an interrupted one', { state: 'interrupted', usage: USAGE }, 'answered'],
  ] as const)('%s', async (_what, outcome, past) => {
    const world = await start();
    const id = await created(world);
    await (await toldAtStart(world, id)).end(outcome);
    expect((await toldAtStart(world, id)).told).toEqual({ ...(past && { past }) });
  });

  test('the same by a server that is started later', async () => {
    const world = await start();
    const id = await created(world);
    await (await toldAtStart(world, id)).end();
    await world.harness.reopen();
    const again = { harness: world.harness, client: await world.harness.connect() };
    expect((await toldAtStart(again, id)).told).toEqual({ past: 'answered' });
  });
});

describe('a fork', () => {
  test('branches off until Claude has answered in it, and has its own conversation from then on', async () => {
    const world = await start();
    const origin = await created(world);
    await (await toldAtStart(world, origin)).end();
    const { session } = await world.client.call('fork_session', { sessionId: origin });
    const first = await toldAtStart(world, session.id);
    expect(first.told).toEqual({ forkOf: uuidOf(origin), past: 'answered' });
    await first.end({ state: 'failed' });
    const second = await toldAtStart(world, session.id);
    expect(second.told).toEqual({ forkOf: uuidOf(origin), past: 'answered' });
    await second.end();
    expect((await toldAtStart(world, session.id)).told).toEqual({ past: 'answered' });
  });

  test('of a session that never said anything has nothing to go on with', async () => {
    const world = await start();
    const origin = await created(world);
    const { session } = await world.client.call('fork_session', { sessionId: origin });
    expect((await toldAtStart(world, session.id)).told).toEqual({ forkOf: uuidOf(origin) });
  });

  test('of a fork that never said anything has the conversation of the first', async () => {
    const world = await start();
    const origin = await created(world);
    await (await toldAtStart(world, origin)).end();
    const between = await world.client.call('fork_session', { sessionId: origin });
    const sessionId = between.session.id;
    const { session } = await world.client.call('fork_session', { sessionId });
    expect((await toldAtStart(world, session.id)).told).toEqual({
      forkOf: uuidOf(origin),
      past: 'answered',
    });
  });

  test('whose origin has been forgotten must still find its conversation', async () => {
    const world = await start();
    const origin = await created(world);
    await (await toldAtStart(world, origin)).end();
    const { session } = await world.client.call('fork_session', { sessionId: origin });
    await world.client.call('end_session', { sessionId: origin });
    while (await world.harness.store.prune(Number.MAX_SAFE_INTEGER, 100));
    expect((await toldAtStart(world, session.id)).told).toEqual({
      forkOf: uuidOf(origin),
      past: 'answered',
    });
  });
});
