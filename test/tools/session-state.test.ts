import { describe, expect, test } from 'vitest';
import { BACKGROUND_TASKS_SHOWN_MAX, SILENT_MS_MIN } from '../../src/limits.ts';
import { startBusy } from '../support/harness.ts';

const CONTEXT = { tokens: 52_000, window: 200_000 };

describe('the context of a session', () => {
  test('is as of the last turn that knew, also after a restart', async () => {
    const { harness, client, sessionId, finish } = await startBusy();
    const shown = async (by = client) => (await by.call('get_session', { sessionId })).session;
    expect((await shown()).context).toBeUndefined();
    await finish({ context: CONTEXT });
    expect((await shown()).context).toEqual(CONTEXT);
    await client.call('send_prompt', { sessionId, prompt: 'again' });
    const run = await harness.running(sessionId);
    run.finish({ state: 'failed' });
    await client.call('wait_sessions', { sessionIds: [sessionId] });
    expect((await shown()).context).toEqual(CONTEXT);
    await harness.reopen();
    expect((await shown(await harness.connect())).context).toEqual(CONTEXT);
  });

  test('is unknown in a fork until its first turn', async () => {
    const { client, sessionId, finish } = await startBusy();
    await finish({ context: CONTEXT });
    expect((await client.call('fork_session', { sessionId })).session.context).toBeUndefined();
  });
});

describe('the background tasks of a session', () => {
  test('are shown while they run, between turns too, and go with the process', async () => {
    const { client, sessionId, run, finish } = await startBusy();
    const shown = async () => (await client.call('get_session', { sessionId })).session;
    const events = async () => (await shown()).lastSeq;
    const before = await events();
    run.tasks(2);
    const tasks = [0, 1].map((at) => ({ id: `task-${at}`, kind: 'command', description: 'x' }));
    await expect.poll(async () => (await shown()).backgroundTasks).toEqual(tasks);
    expect(await events()).toBe(before);
    await finish();
    expect((await shown()).backgroundTasks).toEqual(tasks);
    expect((await client.call('list_sessions')).sessions).toEqual([await shown()]);
    run.tasks(1);
    await expect.poll(async () => (await shown()).backgroundTasks).toEqual(tasks.slice(0, 1));
    run.tasks(0);
    await expect.poll(async () => (await shown()).backgroundTasks).toBeUndefined();
    run.tasks(1);
    await expect.poll(async () => (await shown()).backgroundTasks).toHaveLength(1);
    run.exit();
    await expect.poll(async () => (await shown()).backgroundTasks).toBeUndefined();
  });

  test('are shown up to a bound, and not at all once the session has ended', async () => {
    const { client, sessionId, run, finish } = await startBusy();
    run.tasks(BACKGROUND_TASKS_SHOWN_MAX + 5);
    await finish();
    const shown = async () => (await client.call('get_session', { sessionId })).session;
    await expect
      .poll(async () => (await shown()).backgroundTasks)
      .toHaveLength(BACKGROUND_TASKS_SHOWN_MAX);
    await client.call('end_session', { sessionId });
    expect((await shown()).backgroundTasks).toBeUndefined();
  });
});

describe('the silence of a running turn', () => {
  test('is not broken by what callers do, nor by a notice', async () => {
    const { harness, client, sessionId, run } = await startBusy();
    const shown = async () => (await client.call('get_session', { sessionId })).session;
    const since = (await shown()).lastActivity;
    harness.pass(SILENT_MS_MIN);
    await client.call('link_task', { sessionId, taskId: 't' });
    await client.call('send_prompt', { sessionId, prompt: 'later' });
    run.output({ type: 'notice', text: 'Nothing has come from Claude for 10 min.' });
    await expect.poll(async () => (await shown()).lastSeq).toBe(6);
    const silent = await shown();
    expect(silent.lastActivity).not.toBe(since);
    expect(silent.silentSince).toBe(since);
    run.say('there I am');
    await expect.poll(async () => (await shown()).silentSince).toBeUndefined();
    harness.pass(SILENT_MS_MIN);
    expect((await shown()).silentSince).toBe((await shown()).lastActivity);
  });
});
