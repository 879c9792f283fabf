import { expect, test } from 'vitest';
import { ANYTHING, type Listener } from '../../src/store/listeners.ts';
import type { Observer } from '../../src/store/store.ts';
import { overriding, startHarness, startWithClient } from '../support/harness.ts';

test('a change that comes to another server reaches the process, in a turn and between turns', async () => {
  const here = await startHarness();
  const { stateDir, roots, defaultDirectory } = here.settings;
  const there = await startHarness({ settings: { stateDir, roots, defaultDirectory } });
  const { sessionId, run } = await here.busy(await here.connect());
  const other = await there.connect();
  await other.call('attach_session', { sessionId });
  await other.call('update_session', { sessionId, permissionMode: 'plan' });
  await here.runner.waitFor((each) => each.updates.length === 1);
  run.finish();
  await other.call('wait_sessions', { sessionIds: [sessionId], until: 'turn_end', waitMs: 20_000 });
  await other.call('update_session', { sessionId, model: 'opus', timeout: 5000 });
  await here.runner.waitFor((each) => each.updates.length === 2);
  expect(run.updates).toEqual([{ permissionMode: 'plan' }, { model: 'opus', timeout: 5000 }]);
});

test('a change at another server is seen when the database is opened anew, together with a late commit of ours', async () => {
  const listeners: Listener[] = [];
  const observers: Observer[] = [];
  const here = await startHarness({
    // It hears of nothing but what the test tells.
    store: (store) =>
      overriding(store, {
        observe: (observer) => void observers.push(observer),
        subscribe: (listener) => {
          listeners.push(listener);
          return () => {};
        },
      }),
  });
  const { stateDir, roots, defaultDirectory } = here.settings;
  const there = await startHarness({ settings: { stateDir, roots, defaultDirectory } });
  const { sessionId, run } = await here.busy(await here.connect());
  const other = await there.connect();
  await other.call('attach_session', { sessionId });
  await other.call('update_session', { sessionId, disallowedTools: ['Bash'] });
  expect(run.updates).toEqual([]);
  for (const observer of observers) observer.committed?.({ changes: [], durationMs: 1 });
  for (const listener of listeners) listener(ANYTHING);
  await here.runner.waitFor((each) => each.updates.length === 1);
  expect(run.updates).toEqual([{ disallowedTools: ['Bash'] }]);
});

test('a change that comes while the process starts is not lost', async () => {
  const { harness, client } = await startWithClient();
  const release = harness.runner.holdStarts();
  const { session } = await client.call('create_session', { prompt: 'go' });
  const sessionId = session.id;
  await expect.poll(() => harness.runner.specs.length).toBe(1);
  await client.call('update_session', { sessionId, permissionMode: 'plan' });
  release();
  const run = await harness.running(sessionId);
  expect(run.spec.options.permissionMode).toBeUndefined();
  expect(run.updates).toEqual([{ permissionMode: 'plan' }]);
});

test('what the process did before it knew of the chosen mode does not undo it', async () => {
  const { harness, client } = await startWithClient();
  const { sessionId, run } = await harness.busy(client, { permissionMode: 'plan' });
  const { promise, resolve } = Promise.withResolvers<void>();
  run.onUpdate = () => promise;
  await client.call('update_session', { sessionId, permissionMode: 'acceptEdits' });
  const planning = client.call('update_session', { sessionId, permissionMode: 'plan' });
  // On its way out of the first plan, approved by a person.
  run.mode('default');
  await planning;
  const shown = async () => (await client.call('get_session', { sessionId })).session;
  expect((await shown()).permissionMode).toBe('plan');
  resolve();
  await expect
    .poll(async () => {
      run.mode('acceptEdits');
      return (await shown()).permissionMode;
    })
    .toBe('acceptEdits');
});

test('a change by which only a new process can go makes the next turn start one', async () => {
  const { harness, client } = await startWithClient();
  const { sessionId, run, finish } = await harness.busy(client);
  await finish();
  run.onUpdate = async () => {
    run.current = false;
  };
  await client.call('update_session', { sessionId, maxBudgetUsd: 3 });
  await client.call('send_prompt', { sessionId, prompt: 'again' });
  const next = await harness.runner.waitFor((each) => each !== run && each.turnId !== undefined);
  expect(run.isClosed).toBe(true);
  expect(next.spec.options.maxBudgetUsd).toBe(3);
  expect(next.updates).toEqual([]);
});

test('a mode that Claude Code reaches by itself is not told to it', async () => {
  const { harness, client } = await startWithClient();
  const { sessionId, run } = await harness.busy(client);
  run.mode('plan');
  await expect
    .poll(async () => (await client.call('get_session', { sessionId })).session.permissionMode)
    .toBe('plan');
  await client.call('update_session', { sessionId, effort: 'low' });
  expect(run.updates).toEqual([{ effort: 'low' }]);
});
