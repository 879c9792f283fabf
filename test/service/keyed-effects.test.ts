import { expect, test } from 'vitest';
import { SessionError } from '../../src/errors.ts';
import type { Command } from '../../src/session/command.ts';
import { overriding, startHarness } from '../support/harness.ts';

/** A server whose store does something else at writes of one kind, as long as the test says so. */
async function start() {
  const at: { type?: Command['type']; does?: () => Promise<void>; afterwards?: () => void } = {};
  const harness = await startHarness({
    mayLogErrors: true,
    store: (store) =>
      overriding(store, {
        append: async (...args) => {
          const isMeant = args[1].type === at.type;
          if (isMeant) await at.does?.();
          const appended = await store.append(...args);
          if (isMeant) at.afterwards?.();
          return appended;
        },
      }),
  });
  return { harness, at, client: await harness.connect() };
}

const FULL = new SessionError('UNAVAILABLE', 'the disk is full');
const fails = async (): Promise<void> => {
  throw FULL;
};

test('a steer that fails after its key was written is reported as failed, to the retry too', async () => {
  const { harness, client } = await start();
  const { sessionId, run } = await harness.busy(client);
  run.steer = () => {
    throw new SessionError('UNAVAILABLE', 'Claude Code does not listen', { retryable: false });
  };
  const args = { sessionId, prompt: 'shorter', mode: 'steer', idempotencyKey: 'k' };
  const first = await client.refusal('send_prompt', args);
  const again = await client.refusal('send_prompt', args);
  expect(first).toMatchObject({ code: 'UNAVAILABLE', message: 'Claude Code does not listen' });
  expect(again).toEqual(first);
  const { events } = await client.call('read_events', { sessionId });
  expect(events.at(-1)).toMatchObject({
    type: 'notice',
    text: 'the prompt was not added to the turn: Claude Code does not listen',
  });
});

test('a steer that became a turn of its own is answered with that turn, to the retry too', async () => {
  const { harness, client, at } = await start();
  const { sessionId, turnId, run } = await harness.busy(client);
  at.type = 'send';
  at.afterwards = () => {
    at.afterwards = undefined;
    run.finish();
  };
  const args = { sessionId, prompt: 'shorter', mode: 'steer', idempotencyKey: 'k' };
  const first = await client.call('send_prompt', args);
  expect(first.turn.id).not.toBe(turnId);
  await harness.running(sessionId, 2);
  run.finish();
  await client.call('wait_sessions', { sessionIds: [sessionId] });
  const again = await client.call('send_prompt', args);
  expect(again).toMatchObject({ after: first.after, turn: { id: first.turn.id } });
  expect(run.steered).toEqual([]);
});

test('a steer that came too late and could not be queued is reported so, to the retry too', async () => {
  const { harness, client, at } = await start();
  const { sessionId, run } = await harness.busy(client);
  at.type = 'send';
  at.afterwards = () => {
    at.afterwards = undefined;
    run.finish();
    at.does = () => Promise.reject(new SessionError('LIMIT_EXCEEDED', 'the queue is full'));
  };
  const args = { sessionId, prompt: 'shorter', mode: 'steer', idempotencyKey: 'k' };
  const first = await client.refusal('send_prompt', args);
  at.does = undefined;
  expect(first).toMatchObject({ code: 'LIMIT_EXCEEDED', message: 'the queue is full' });
  expect(await client.refusal('send_prompt', args)).toEqual(first);
});

test('a retry of a steer of which nobody knows what came says so', async () => {
  const { harness, client, at } = await start();
  const { sessionId } = await harness.busy(client);
  at.type = 'steered';
  at.does = fails;
  const args = { sessionId, prompt: 'shorter', mode: 'steer', idempotencyKey: 'k' };
  expect(await client.refusal('send_prompt', args)).toMatchObject({
    message: 'the disk is full',
  });
  expect(await client.refusal('send_prompt', args)).toMatchObject({
    code: 'UNAVAILABLE',
    retryable: false,
    message: expect.stringContaining('not known yet'),
  });
});

test('a retry while the steer is under way waits for what comes of it', async () => {
  const { harness, client, at } = await start();
  const { sessionId, turnId, run } = await harness.busy(client);
  const held = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  at.type = 'steered';
  at.does = () => {
    reached.resolve();
    return held.promise;
  };
  const args = { sessionId, prompt: 'shorter', mode: 'steer', idempotencyKey: 'k' };
  const first = client.call('send_prompt', args);
  await reached.promise;
  const again = client.call('send_prompt', args);
  held.resolve();
  expect((await again).turn.id).toBe(turnId);
  expect((await again).after).toBe((await first).after);
  expect(run.steered).toEqual(['shorter']);
});

test('an interrupt that fails is told in the log, and tried again by a retry', async () => {
  const { harness, client } = await start();
  const { sessionId, turnId, run } = await harness.busy(client);
  const { interrupt } = run;
  run.interrupt = async () => {
    throw new SessionError('UNAVAILABLE', 'Claude Code does not listen');
  };
  const args = { sessionId, prompt: 'stop', mode: 'interrupt', idempotencyKey: 'k' };
  const first = await client.call('send_prompt', args);
  const { events } = await client.call('read_events', {
    sessionId,
    after: first.after,
    waitMs: 50_000,
  });
  expect(events).toMatchObject([
    { turnId, text: 'the turn was not interrupted: Claude Code does not listen' },
  ]);
  run.interrupt = interrupt;
  expect((await client.call('send_prompt', args)).turn.id).toBe(first.turn.id);
  await harness.running(sessionId, 2);
  const turns = await harness.store.turn(sessionId, turnId);
  expect(turns?.state).toBe('interrupted');
});

test('a prompt that was queued is answered so, although the server of its session cannot be found out', async () => {
  const harness = await startHarness({
    store: (store) =>
      overriding(store, {
        append: async (...args) => ({ ...(await store.append(...args)), claim: undefined }),
        leases: (sessionId) => (sessionId ? Promise.reject(FULL) : store.leases()),
      }),
    settings: { maxLive: 1 },
  });
  const client = await harness.connect();
  const { session } = await client.call('create_session');
  const args = { sessionId: session.id, prompt: 'go', idempotencyKey: 'k' };
  const { turn } = await client.call('send_prompt', args);
  expect((await client.call('send_prompt', args)).turn.id).toBe(turn.id);
  expect(harness.logged.some(({ msg }) => msg.startsWith('failed to look for'))).toBe(true);
});
