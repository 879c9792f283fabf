import { describe, expect, test } from 'vitest';
import { TASKS_PER_SESSION_MAX } from '../../src/limits.ts';
import { startWithClient } from '../support/harness.ts';

describe('link_task and unlink_task', () => {
  test('link a session to several tasks, the last of which is its taskId', async () => {
    const { client } = await startWithClient();
    const sessionId = await client.create({ taskId: 'a' });
    const steps = [
      ['link_task', 'b', ['a', 'b']],
      ['link_task', 'c', ['a', 'b', 'c']],
      ['unlink_task', 'b', ['a', 'c']],
      ['unlink_task', 'c', ['a']],
      ['link_task', 'b', ['a', 'b']],
      ['link_task', 'a', ['b', 'a']],
      ['unlink_task', 'a', ['b']],
      ['unlink_task', 'b', []],
    ] as const;
    for (const [tool, taskId, taskIds] of steps) {
      const linked = await client.call(tool, { sessionId, taskId });
      expect(linked.session.taskIds).toEqual(taskIds);
      expect(linked.session.taskId).toBe(taskIds.at(-1) ?? null);
    }
    const { events } = await client.call('read_events', { sessionId, after: 2 });
    expect(events.map(({ type, taskId }) => [type, taskId])).toEqual(
      steps.map(([tool, taskId]) => [
        tool === 'link_task' ? 'task_linked' : 'task_unlinked',
        taskId,
      ]),
    );
  });

  test('linking twice, and unlinking what is not linked, changes nothing', async () => {
    const { client } = await startWithClient();
    const { session } = await client.call('create_session', { taskId: 'a' });
    const sessionId = session.id;
    expect(await client.call('link_task', { sessionId, taskId: 'a' })).toEqual({ session });
    expect(await client.call('unlink_task', { sessionId, taskId: 'b' })).toEqual({ session });
  });

  test('a link is found by list_sessions, also after a restart, and an unlinked one is not', async () => {
    const { harness, client } = await startWithClient();
    const [a, b] = [await client.call('create_session'), await client.call('create_session')];
    await client.call('link_task', { sessionId: a.session.id, taskId: 't' });
    await client.call('link_task', { sessionId: b.session.id, taskId: 't' });
    await client.call('unlink_task', { sessionId: b.session.id, taskId: 't' });
    await harness.reopen();
    const { sessions } = await (await harness.connect()).call('list_sessions', { taskId: 't' });
    expect(sessions.map(({ id }) => id)).toEqual([a.session.id]);
  });

  test.each(['__proto__', 'constructor', ' ', 'a=b/c?d', '你'])(
    'take %j for a task like any other',
    async (taskId) => {
      const { client } = await startWithClient();
      const sessionId = await client.create();
      const linked = await client.call('link_task', { sessionId, taskId });
      expect(linked.session).toMatchObject({ taskId, taskIds: [taskId] });
      expect(await client.call('get_metrics', { taskId })).toMatchObject({ totalSessions: 1 });
      const unlinked = await client.call('unlink_task', { sessionId, taskId });
      expect(unlinked.session.taskIds).toEqual([]);
      expect(await client.call('get_metrics', { taskId })).toMatchObject({ totalSessions: 0 });
    },
  );

  test('refuse more tasks than a session may have, and unlinking makes room', async () => {
    const { harness, client } = await startWithClient();
    const sessionId = await client.create();
    // In one write, which no client can have.
    const said = Array.from({ length: TASKS_PER_SESSION_MAX }, (_, index) => {
      return { type: 'task_linked', taskId: `t${index}` } as const;
    });
    await harness.store.append(sessionId, { type: 'record', said });
    const refusal = await client.refusal('link_task', { sessionId, taskId: 'more' });
    expect(refusal).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('TASKS_PER_SESSION_MAX'),
    });
    await client.call('unlink_task', { sessionId, taskId: 't0' });
    await client.call('link_task', { sessionId, taskId: 'more' });
  });
});
