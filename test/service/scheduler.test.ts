import { describe, expect, test } from 'vitest';
import type { Settings } from '../../src/config.ts';
import { type Harness, startHarness } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';
import type { ScriptedRun } from '../support/scripted-runner.ts';

const LONG_MS = 50_000;

async function start(settings: Partial<Settings> = {}) {
  const harness = await startHarness({ settings });
  return { harness, client: await harness.connect() };
}

const isAlive = (run: ScriptedRun) => !run.isClosed;

async function rest(client: TestClient, ...sessionIds: string[]): Promise<void> {
  await client.call('wait_sessions', { sessionIds, for: 'all', waitMs: LONG_MS });
}

/** A session that has had a turn and whose process is warm. */
async function warm(harness: Harness, client: TestClient) {
  const busy = await harness.busy(client);
  busy.run.finish();
  await rest(client, busy.sessionId);
  harness.pass(1);
  return busy;
}

describe('the queue', () => {
  test('is fair: the session that has waited longest comes first', async () => {
    const { harness, client } = await start({ maxLive: 1 });
    await harness.busy(client, { prompt: 'a' });
    for (const prompt of ['b', 'c', 'd']) {
      harness.pass(1);
      await client.call('create_session', { prompt });
    }
    const order: string[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      const run = await harness.runner.waitFor((one) => one.turnId !== undefined);
      order.push(run.prompts.at(-1)?.text ?? '');
      run.finish();
    }
    expect(order).toEqual(['a', 'b', 'c', 'd']);
  });

  test('is fair: the session served longest ago comes first, however much a warm one has queued', async () => {
    const { harness, client } = await start({ maxLive: 1 });
    const first = await harness.busy(client, { prompt: 'a1' });
    for (const prompt of ['a2', 'a3']) {
      await client.call('send_prompt', { sessionId: first.sessionId, prompt });
    }
    for (const name of ['b', 'c']) {
      harness.pass(1);
      const { session } = await client.call('create_session', { prompt: `${name}1` });
      await client.call('send_prompt', { sessionId: session.id, prompt: `${name}2` });
    }
    const order: string[] = [];
    for (let turn = 0; turn < 7; turn += 1) {
      const run = await harness.runner.waitFor((one) => one.turnId !== undefined);
      order.push(run.prompts.at(-1)?.text ?? '');
      harness.pass(1);
      run.finish();
    }
    expect(order).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'c2']);
  });
});

describe('processes', () => {
  test('are never more than the host may have, and a free place is taken at once', async () => {
    const { harness, client } = await start({ maxLive: 2 });
    const made = Array.from({ length: 6 }, () => client.call('create_session', { prompt: 'go' }));
    const ids = (await Promise.all(made)).map(({ session }) => session.id);
    for (let ended = 0; ended < 6; ended += 1) {
      const run = await harness.runner.waitFor((one) => one.turnId !== undefined);
      expect(harness.runner.runs.filter(isAlive).length).toBeLessThanOrEqual(2);
      run.finish();
    }
    await rest(client, ...ids);
    expect(harness.runner.runs).toHaveLength(6);
    expect(harness.runner.runs.filter(isAlive)).toHaveLength(2);
  });

  test('are written down with the prompt before Claude has it, so that it is never run twice', async () => {
    const { harness, client } = await start();
    const release = harness.runner.holdStarts();
    const { session, turn } = await client.call('create_session', { prompt: 'once' });
    const sessionId = session.id;
    await client.call('read_events', { sessionId, after: 2, waitMs: LONG_MS });
    const [starting] = await harness.store.leases(sessionId);
    expect(starting?.turn).toEqual({ id: turn?.id, prompted: false });
    expect(starting?.process).toBeUndefined();
    release();
    const run = await harness.running(sessionId);
    expect((await harness.store.leases(sessionId))[0]).toMatchObject({
      turn: { id: turn?.id, prompted: true },
      process: run.process,
    });
  });

  test('stay warm for the next prompt of their session', async () => {
    const { harness, client } = await start();
    const { sessionId, run } = await warm(harness, client);
    await client.call('send_prompt', { sessionId, prompt: 'again' });
    expect(await harness.running(sessionId, 2)).toBe(run);
  });

  test('that are warm take a prompt after one commit, which says that they may have seen it', async () => {
    const { harness, client } = await start();
    const { sessionId, run } = await warm(harness, client);
    const commits: string[] = [];
    harness.store.observe({
      committed: ({ changes }) => {
        commits.push(changes.flatMap(({ events }) => events.map(({ type }) => type)).join());
      },
    });
    const { turn } = await client.call('send_prompt', { sessionId, prompt: 'again' });
    await harness.running(sessionId, 2);
    expect(commits).toEqual(['prompt_queued,turn_started']);
    expect((await harness.store.leases(sessionId))[0]).toMatchObject({
      turn: { id: turn?.id, prompted: true },
      process: run.process,
    });
  });

  test('make way for a new one when their conversation has gone on elsewhere', async () => {
    const { harness, client } = await start();
    const { sessionId, run } = await warm(harness, client);
    run.current = false;
    await client.call('send_prompt', { sessionId, prompt: 'again' });
    const next = await harness.runner.waitFor((one) => one !== run && one.turnId !== undefined);
    expect(run.isClosed).toBe(true);
    expect(run.prompts).toHaveLength(1);
    expect(next.prompts).toMatchObject([{ text: 'again' }]);
    next.finish();
    await rest(client, sessionId);
    await client.call('send_prompt', { sessionId, prompt: 'third' });
    await harness.runner.waitFor((one) => one === next && one.prompts.length === 2);
  });

  test('make room for another session: the longest idle goes, and comes back with its conversation', async () => {
    const { harness, client } = await start({ maxLive: 2 });
    const [a, b] = [await warm(harness, client), await warm(harness, client)];
    await client.call('send_prompt', { sessionId: a.sessionId, prompt: 'again' });
    (await harness.running(a.sessionId, 2)).finish();
    await rest(client, a.sessionId);
    const c = await harness.busy(client);
    expect([a.run, b.run, c.run].map(isAlive)).toEqual([true, false, true]);
    await client.call('send_prompt', { sessionId: b.sessionId, prompt: 'back' });
    const back = await harness.runner.waitFor(
      (run) => run !== b.run && run.spec.uuid === b.run.spec.uuid && run.turnId !== undefined,
    );
    expect(back.prompts).toMatchObject([{ text: 'back' }]);
    expect([a.run, c.run].map(isAlive)).toEqual([false, true]);
  });

  test('are not evicted in the middle of a turn that Claude began by itself', async () => {
    const { harness, client } = await start({ maxLive: 1 });
    const { sessionId, run } = await warm(harness, client);
    const turnId = run.wake();
    const { session } = await client.call('create_session', { prompt: 'waits' });
    // Each is a commit, in whose time the scheduler looks for a place.
    for (const taskId of ['a', 'b', 'c']) await client.call('link_task', { sessionId, taskId });
    expect(run.isClosed).toBe(false);
    run.say('A background task has ended.');
    run.finish();
    const next = await harness.running(session.id);
    expect(run.isClosed).toBe(true);
    const { events } = await client.call('read_events', { sessionId, after: 4 });
    expect(events.filter(({ type }) => type !== 'task_linked')).toMatchObject([
      { type: 'turn_started', turn: { id: turnId, origin: 'autonomous', state: 'running' } },
      { type: 'text', turnId },
      { type: 'turn_ended', turn: { id: turnId, origin: 'autonomous', state: 'completed' } },
    ]);
    next.finish();
  });

  test('keeps an idle process as long as it is to, longer than a timer of Node can wait', async () => {
    const { harness, client } = await start({ idleEvictMs: 40 * 86_400_000 });
    const { sessionId, run } = await harness.busy(client);
    run.finish();
    await rest(client, sessionId);
    await client.call('send_prompt', { sessionId, prompt: 'again' });
    expect(await harness.running(sessionId, 2)).toBe(run);
    expect(harness.runner.specs).toHaveLength(1);
  });

  test('of an idle session are stopped after a while, and the session stays usable', async () => {
    const { harness, client } = await start({ idleEvictMs: 10 });
    const { sessionId, run } = await harness.busy(client);
    run.finish();
    await harness.runner.waitFor((one) => one.isClosed);
    const { session } = await client.call('get_session', { sessionId });
    expect(session).toMatchObject({ status: 'ready', turns: { completed: 1 } });
    await client.call('send_prompt', { sessionId, prompt: 'again' });
    const again = await harness.runner.waitFor((one) => one !== run && one.turnId !== undefined);
    again.finish();
    await rest(client, sessionId);
  });

  test('that go by themselves while idle are replaced at the next prompt', async () => {
    const { harness, client } = await start();
    const { sessionId, run } = await warm(harness, client);
    run.exit();
    const sent = client.call('send_prompt', { sessionId, prompt: 'again', waitMs: LONG_MS });
    const again = await harness.runner.waitFor((one) => one !== run && one.turnId !== undefined);
    again.finish();
    expect((await sent).turn.state).toBe('completed');
  });

  test('that go in the middle of a turn take the turn with them, and nothing is run again by itself', async () => {
    const { harness, client } = await start();
    const { sessionId, turnId, run } = await harness.busy(client);
    run.say('half');
    run.exit();
    await rest(client, sessionId);
    const { session, events } = await client.call('read_events', { sessionId });
    expect(session).toMatchObject({ status: 'ready', turns: { completed: 0, failed: 1 } });
    expect(events.slice(-2)).toMatchObject([
      { type: 'text', text: 'half' },
      { type: 'turn_ended', turn: { id: turnId, state: 'failed' } },
    ]);
    expect(harness.runner.specs).toHaveLength(1);
  });
});

describe('a stop of the server', () => {
  test('stops what runs, and leaves what is queued for the next start', async () => {
    const { harness, client } = await start({ maxLive: 1 });
    const { sessionId, turnId, run } = await harness.busy(client);
    const waiting = await client.call('create_session', { prompt: 'waits' });
    await harness.reopen();
    expect(run.isClosed).toBe(true);
    expect((await harness.running(waiting.session.id)).prompts).toMatchObject([{ text: 'waits' }]);
    const again = await harness.connect();
    const { events, session } = await again.call('read_events', { sessionId });
    expect(session.status).toBe('ready');
    expect(events.at(-1)).toMatchObject({
      type: 'turn_ended',
      turn: { id: turnId, state: 'interrupted' },
    });
    expect(harness.runner.specs).toHaveLength(1);
  });

  test('while a process is only starting leaves its prompt for the next start', async () => {
    const { harness, client } = await start();
    harness.runner.holdStarts();
    const { session, turn } = await client.call('create_session', { prompt: 'once' });
    await client.call('read_events', { sessionId: session.id, after: 2, waitMs: LONG_MS });
    await harness.reopen();
    const run = await harness.running(session.id);
    expect(run.prompts).toEqual([{ turnId: turn?.id, text: 'once' }]);
  });
});
