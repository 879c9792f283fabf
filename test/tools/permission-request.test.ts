import { describe, expect, test } from 'vitest';
import { PENDING_PERMISSIONS_MAX } from '../../src/limits.ts';
import { overriding, startBusy } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';
import { asking, goesOn } from './asking.ts';

describe('a permission request', () => {
  test('expires: Claude is told no, the turn goes on, and an answer comes too late', async () => {
    const scene = await asking({ settings: { permissionTimeoutMs: 50 } });
    const { client, requestId, sessionId, reply } = scene;
    expect(await reply).toMatchObject({ decision: 'deny', message: expect.stringMatching(/time/) });
    const { events } = await client.call('read_events', { sessionId });
    expect(events.at(-1)).toMatchObject({
      type: 'permission_answered',
      request: { state: 'expired', message: expect.stringMatching(/time/) },
    });
    expect(events.at(-1)?.request).toMatchObject({ requestId, answeredBy: { via: 'timeout' } });
    const late = await client.refusal('answer_permission_request', {
      requestId,
      decision: 'allow',
    });
    expect(late.message).toMatch(/no longer pending: it expired at \S+Z$/);
    await goesOn(scene);
  });

  test('an answer that comes in the moment it expires counts, and harms nothing', async () => {
    const connected = Promise.withResolvers<TestClient>();
    let requestId: string | undefined;
    const scene = await asking({
      settings: { permissionTimeoutMs: 50 },
      store: (store) =>
        overriding(store, {
          append: async (...args) => {
            const expiring = requestId;
            requestId = undefined;
            // The next write after the request's is that of its expiry.
            if (expiring !== undefined) {
              const client = await connected.promise;
              const answer = { requestId: expiring, decision: 'allow' };
              await client.call('answer_permission_request', answer);
            }
            const appended = await store.append(...args);
            const [event] = appended.events;
            if (event?.type === 'permission_requested') requestId = event.request.requestId;
            return appended;
          },
        }),
    });
    connected.resolve(scene.client);
    expect(await scene.reply).toEqual({ decision: 'allow' });
    await goesOn(scene);
  });

  test('is closed when its turn ends, and an answer comes too late', async () => {
    const { client, run, requestId, sessionId, reply, answer } = await asking();
    run.finish();
    await client.call('wait_sessions', { sessionIds: [sessionId], until: 'turn_end' });
    expect(await reply).toMatchObject({ decision: 'deny' });
    const { events } = await client.call('read_events', { sessionId });
    expect(events.slice(-2)).toMatchObject([
      { type: 'permission_answered', request: { requestId, state: 'closed' } },
      { type: 'turn_ended' },
    ]);
    await expect(answer({ decision: 'allow' })).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('is closed when Claude withdraws it, and the turn goes on', async () => {
    const scene = await asking();
    const { client, requestId, sessionId, reply, withdraw } = scene;
    withdraw();
    expect(await reply).toMatchObject({ decision: 'deny' });
    const { events, session } = await client.call('read_events', { sessionId });
    expect(events.at(-1)).toMatchObject({
      type: 'permission_answered',
      request: { requestId, state: 'closed' },
    });
    expect(session.pendingPermissions).toBe(0);
    await goesOn(scene);
  });

  test('is closed with its session, and an answer comes too late', async () => {
    const { client, sessionId, answer } = await asking();
    await client.call('end_session', { sessionId });
    await expect(answer({ decision: 'allow' })).rejects.toHaveProperty('code', 'SESSION_NOT_READY');
    expect(await client.call('list_permission_requests')).toEqual({ requests: [] });
  });

  test('is closed, not expired, when the server stops', async () => {
    const { harness, sessionId } = await asking();
    await harness.reopen();
    const { events } = await (await harness.connect()).call('read_events', { sessionId });
    expect(events.find(({ type }) => type === 'permission_answered')).toMatchObject({
      request: { state: 'closed' },
    });
  });

  test('is denied at once past the bound of open ones, and the turn goes on', async () => {
    const scene = await asking();
    const { client, run, sessionId } = scene;
    const asked = Array.from({ length: PENDING_PERMISSIONS_MAX }, () => run.ask());
    run.say('said before the one too many');
    expect(await Promise.race(asked)).toEqual({
      decision: 'deny',
      message: expect.stringContaining('PENDING_PERMISSIONS_MAX'),
    });
    expect((await client.shown(sessionId)).pendingPermissions).toBe(PENDING_PERMISSIONS_MAX);
    await goesOn(scene);
    await Promise.all(asked);
    const { events } = await client.call('read_events', { sessionId, after: asked.length });
    expect(events.filter(({ type }) => type === 'text')).toHaveLength(2);
  });

  test('without a turn of ours belongs to none, and can be answered', async () => {
    const { client, sessionId, run, finish } = await startBusy();
    await finish();
    const reply = run.ask();
    await client.call('read_events', { sessionId, after: 4, waitMs: 50_000 });
    const { requests } = await client.call('list_permission_requests');
    expect(requests).toMatchObject([{ turnId: null }]);
    const { requestId } = requests[0] ?? {};
    await client.call('answer_permission_request', { requestId, decision: 'allow' });
    expect(await reply).toEqual({ decision: 'allow' });
  });
});
