import { describe, expect, test } from 'vitest';
import { createOwners } from '../../src/runner/owners.ts';
import { markedOnly } from '../../src/session/process.ts';
import { ANY_TURN } from '../store/fixtures.ts';
import {
  type Harness,
  type HarnessOptions,
  overriding,
  startHarness,
  startWithClient,
} from '../support/harness.ts';

const LONG_MS = 20_000;

/** Two servers on one state directory, each with clients and a runner of its own. */
async function startServers(options: HarnessOptions = {}): Promise<[Harness, Harness]> {
  const first = await startHarness(options);
  const { stateDir, roots, defaultDirectory } = first.settings;
  const shared = { ...options.settings, stateDir, roots, defaultDirectory };
  return [first, await startHarness({ ...options, settings: shared })];
}

describe('two servers on one state directory', () => {
  test('a client of one waits for what happens at the other', async () => {
    const [here, there] = await startServers();
    const { sessionId, run } = await here.busy(await here.connect());
    const watcher = await there.connect();
    const { session } = await watcher.call('get_session', { sessionId });
    const reading = watcher.call('read_events', {
      sessionId,
      after: session.lastSeq,
      waitMs: LONG_MS,
    });
    run.say('hello from the other side');
    const { events } = await reading;
    expect(events.map((event) => event.text)).toEqual(['hello from the other side']);
  });

  test('a prompt sent at one is run by the other, whose process is warm', async () => {
    const [here, there] = await startServers();
    const { sessionId, run } = await here.busy(await here.connect());
    run.finish();
    const other = await there.connect();
    await other.call('attach_session', { sessionId });
    await other.call('send_prompt', { sessionId, prompt: 'again' });
    const again = await here.running(sessionId, 2);
    expect(again).toBe(run);
    expect(there.runner.specs).toEqual([]);
  });

  test('while the MCP session is connected at one server, the other answers CONFLICT', async () => {
    const [here, there] = await startServers();
    const client = await here.connect();
    const { session } = await client.call('create_session');
    const args = { sessionId: session.id, taskId: 'T-1' };
    const other = await there.connect();
    expect(await other.refusal('link_task', args)).toMatchObject({ code: 'CONFLICT' });
    await client.disconnect();
    await expect.poll(() => there.store.peers.connections(session.mcpSessionId ?? '')).toEqual([]);
    const linked = await other.call('link_task', args);
    expect(linked.session.mcpSessionId).toBe(other.caller.mcpSessionId);
  });

  test('interrupt and steer reach the turn at the other server', async () => {
    const [here, there] = await startServers();
    const { sessionId, turnId, run } = await here.busy(await here.connect());
    const other = await there.connect();
    await other.call('attach_session', { sessionId });
    await other.call('send_prompt', { sessionId, prompt: 'to the left', mode: 'steer' });
    expect(run.steered).toEqual(['to the left']);
    const { turn } = await other.call('interrupt_session', { sessionId });
    expect(turn).toMatchObject({ id: turnId, state: 'interrupted' });
    expect(run.interrupts).toBe(1);
  });

  test('a steer that reaches the other server after its turn has ended becomes a turn of its own', async () => {
    let beforeOrder = async (): Promise<void> => {};
    const [here, there] = await startServers({
      store: (store) =>
        overriding(store, {
          peers: overriding(store.peers, {
            send: async (order) => {
              await beforeOrder();
              return store.peers.send(order);
            },
          }),
        }),
    });
    const { sessionId, turnId, run } = await here.busy(await here.connect());
    const other = await there.connect();
    await other.call('attach_session', { sessionId });
    await other.call('send_prompt', { sessionId, prompt: 'next' });
    beforeOrder = async () => {
      beforeOrder = async () => {};
      run.finish();
      await here.running(sessionId, 2);
    };
    const { turn } = await other.call('send_prompt', { sessionId, prompt: 'left', mode: 'steer' });
    expect(run.steered).toEqual([]);
    expect(turn.id).not.toBe(turnId);
    run.finish();
    await here.running(sessionId, 3);
    expect(run.prompts.map(({ text }) => text)).toEqual(['go', 'next', 'left']);
  });

  test('an end at one has the process at the other gone when it returns', async () => {
    const [here, there] = await startServers();
    const { sessionId, run } = await here.busy(await here.connect());
    const other = await there.connect();
    await other.call('attach_session', { sessionId });
    const { ended, session } = await other.call('end_session', { sessionId });
    expect([ended, session.status]).toEqual([true, 'terminated']);
    expect(run.isClosed).toBe(true);
    expect(await here.store.leases()).toEqual([]);
  });

  test('a permission request of one is answered at the other', async () => {
    const [here, there] = await startServers();
    const { sessionId, run } = await here.busy(await here.connect());
    const other = await there.connect();
    await other.call('attach_session', { sessionId });
    const asking = run.ask({ toolName: 'Bash', input: { command: 'make' } });
    await other.call('wait_sessions', { sessionIds: [sessionId], waitMs: LONG_MS });
    const { requests } = await other.call('list_permission_requests');
    await other.call('answer_permission_request', {
      requestId: requests[0]?.requestId,
      decision: 'allow',
      updatedInput: { command: 'make test' },
    });
    expect(await asking).toEqual({ decision: 'allow', updatedInput: { command: 'make test' } });
  });

  test('max-live counts the processes of both, and an idle one makes room for the other', async () => {
    const [here, there] = await startServers({ settings: { maxLive: 1 } });
    const { run } = await here.busy(await here.connect());
    const other = await there.connect();
    const { session } = await other.call('create_session', { prompt: 'me too' });
    expect((await other.call('get_session', { sessionId: session.id })).session.turns.queued).toBe(
      1,
    );
    expect(there.runner.specs).toEqual([]);
    run.finish();
    await there.running(session.id);
    expect(run.isClosed).toBe(true);
  });

  test('metrics are the same at both', async () => {
    const [here, there] = await startServers();
    const client = await here.connect();
    const { run } = await here.busy(client);
    run.finish();
    const sums = async (harness: Harness) => {
      const { uptimeMs: _uptime, ...rest } = await (await harness.connect()).call('get_metrics');
      return rest;
    };
    await expect.poll(async () => (await sums(there)).completedTurns).toBe(1);
    expect(await sums(here)).toEqual(await sums(there));
  });
});

test('nothing runs beside processes that a gone server has left and that cannot be ended yet', async () => {
  const harness = await startHarness({ mayLogErrors: true });
  harness.canKill = false;
  const client = await harness.connect({ mcpSessionId: null });
  const { session } = await client.call('create_session');
  const [, , boot, namespace] = createOwners('s').self.split('/');
  const owner = ['id', 2 ** 30, boot, namespace, 1].join('/');
  const { claim } = await harness.store.append(
    session.id,
    { type: 'queue_prompt', turnId: 'theirs', prompt: 'p' },
    { claim: { owner, ...ANY_TURN } },
  );
  if (claim === undefined || claim === 'full') throw new Error('not claimed');
  const left = { pid: 2 ** 30, startTime: '1', bootId: boot ?? '', marker: 'left' };
  await harness.store.note(claim.fence, { process: left });
  const end = { type: 'end_turn', turnId: 'theirs', outcome: { state: 'completed' } } as const;
  await harness.store.append(session.id, end, { fence: claim.fence });
  await expect.poll(() => harness.killed.length, { timeout: 5000 }).toBeGreaterThan(0);
  await client.call('send_prompt', { sessionId: session.id, prompt: 'next' });
  const before = harness.killed.length;
  await expect.poll(() => harness.killed.length, { timeout: 5000 }).toBeGreaterThan(before + 2);
  expect(harness.runner.specs).toEqual([]);
  harness.canKill = true;
  expect((await harness.running(session.id)).prompts).toMatchObject([{ text: 'next' }]);
  expect(harness.killed).toContainEqual(left);
});

test('a process can be found by whoever takes over from a server that dies while it starts it', async () => {
  const { harness, client } = await startWithClient();
  const start = harness.runner.holdStarts();
  const { session } = await client.call('create_session', { prompt: 'p' });
  await expect.poll(() => harness.runner.specs.length).toBe(1);
  const [lease] = await harness.store.leases(session.id);
  expect(lease?.process).toEqual(markedOnly(harness.runner.specs[0]?.marker ?? ''));
  start();
  await harness.running(session.id);
});
