import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { PENDING_PERMISSIONS_MAX } from '../../src/limits.ts';
import type { PermissionAsk } from '../../src/runner/runner.ts';
import type { RequestView } from '../support/client/tools.ts';
import { type HarnessOptions, overriding, startBusy, startWithClient } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';

const INPUT = { command: 'ls', timeout: 5 };

/** A turn that waits for one answer. */
async function asking(options: HarnessOptions = {}, ask: Partial<PermissionAsk> = {}) {
  const { harness, client } = await startWithClient(options);
  const busy = await harness.busy(client);
  const asked = new AbortController();
  const reply = busy.run.ask({ toolName: 'Bash', input: INPUT, ...ask }, asked.signal);
  const { events } = await client.call('read_events', {
    sessionId: busy.sessionId,
    after: 3,
    waitMs: 50_000,
  });
  const request = events[0]?.request as RequestView | undefined;
  const requestId = request?.requestId ?? '';
  const answer = (args: Record<string, unknown>) =>
    client.call('answer_permission_request', { requestId, ...args });
  return { harness, client, ...busy, requestId, reply, answer, withdraw: () => asked.abort() };
}

/** The turn goes on to its own end in the process that asked. */
async function goesOn({ harness, client, sessionId, run }: Awaited<ReturnType<typeof asking>>) {
  run.say('going on');
  run.finish();
  const args = { sessionIds: [sessionId], until: 'turn_end' };
  const { sessions } = await client.call('wait_sessions', args);
  expect(sessions[0]).toMatchObject({
    status: 'ready',
    pendingPermissions: 0,
    turns: { completed: 1, failed: 0 },
  });
  expect(run.isClosed).toBe(false);
  expect(harness.runner.runs).toEqual([run]);
}

describe('answer_permission_request', () => {
  test('allow: Claude may, once, with the input that it asked with', async () => {
    const scene = await asking();
    const { request } = await scene.answer({ decision: 'allow', message: 'fine' });
    expect(request).toEqual({
      requestId: scene.requestId,
      workingDirectory: expect.any(String),
      sessionId: scene.sessionId,
      turnId: scene.turnId,
      toolName: 'Bash',
      input: INPUT,
      state: 'allowed',
      createdAt: expect.any(String),
      expiresAt: expect.any(String),
      answeredAt: expect.any(String),
      answeredBy: { principal: 'alice', via: 'tool' },
      message: 'fine',
    });
    expect(await scene.reply).toEqual({ decision: 'allow' });
    const { events } = await scene.client.call('read_events', { sessionId: scene.sessionId });
    expect(events.at(-1)).toMatchObject({ type: 'permission_answered', request });
    await goesOn(scene);
  });

  test('allow with a changed input, for the rest of the session', async () => {
    const rule = { kind: 'input', tool: 'Bash', digest: 'of ls' } as const;
    const { answer, reply } = await asking({}, { memory: { as: 'Bash(ls)', rule } });
    const updatedInput = { command: 'ls -l', extra: { deep: [1] } };
    const { request } = await answer({ decision: 'allow', updatedInput, remember: 'session' });
    expect(request.remembered).toBe('Bash(ls -l)');
    const digest = createHash('sha256').update('ls -l').digest('base64url');
    const remembered = { ...rule, digest };
    expect(await reply).toEqual({ decision: 'allow', updatedInput, remembered });
  });

  test('a changed input may come as text, as the schema shows it', async () => {
    const { answer, reply } = await asking();
    const updatedInput = { command: 'ls \ud83d -l', extra: { deep: [1] } };
    await answer({ decision: 'allow', updatedInput: JSON.stringify(updatedInput) });
    const wellFormed = { ...updatedInput, command: 'ls \ufffd -l' };
    expect(await reply).toEqual({ decision: 'allow', updatedInput: wellFormed });
  });

  test.each([{ answers: { 'Which?': 'b' } }, { answers: [{ question: 'Which?', answer: 'b' }] }])(
    'answers to questions become a part of the input: %j',
    async (given) => {
      const input = { questions: [{ question: 'Which?', options: ['a', 'b'] }] };
      const { answer, reply } = await asking({}, { toolName: 'AskUserQuestion', input });
      await answer({ decision: 'allow', ...given });
      expect(await reply).toEqual({
        decision: 'allow',
        updatedInput: { ...input, answers: { 'Which?': 'b' } },
      });
    },
  );

  test.each([
    { updatedInput: { command: 'curl -H "x-api-key: [redacted]"' } },
    { updatedInput: { '[redacted]': 1 } },
    { answers: { 'Which key?': 'the key [redacted]' } },
  ])('an input marked as redacted is refused, and can be answered again: %j', async (changed) => {
    const scene = await asking();
    await expect(scene.answer({ decision: 'allow', ...changed })).rejects.toMatchObject({
      failure: {
        code: 'INVALID_REQUEST',
        message: expect.stringContaining('[redacted]'),
        hint: expect.stringContaining('without updatedInput'),
      },
    });
    await scene.answer({ decision: 'allow' });
    expect(await scene.reply).toEqual({ decision: 'allow' });
  });

  test('a question is answered under the words in which it was shown', async () => {
    const scene = await asking();
    const answers = { 'Is [redacted] right?': 'yes' };
    await scene.answer({ decision: 'allow', answers });
    expect(await scene.reply).toMatchObject({ updatedInput: { answers } });
  });

  test('so is one of its options chosen, unless two of them are shown alike', async () => {
    const options = ['the [redacted]', 'none', '[redacted]', '[redacted]'];
    const question = { question: 'Which?', options: options.map((label) => ({ label })) };
    const input = { questions: [question] };
    const scene = await asking({}, { toolName: 'AskUserQuestion', input });
    for (const answer of ['[redacted]', 'none, [redacted]', 'the [redacted] or [redacted]']) {
      const answers = { 'Which?': answer };
      await expect(scene.answer({ decision: 'allow', answers })).rejects.toThrow('[redacted]');
    }
    const answers = { 'Which?': 'the [redacted], none' };
    await scene.answer({ decision: 'allow', answers });
    expect(await scene.reply).toMatchObject({ updatedInput: { answers } });
  });

  test('deny: Claude reads why', async () => {
    const scene = await asking();
    const { request } = await scene.answer({ decision: 'deny', message: 'not in main' });
    expect(request).toMatchObject({ state: 'denied', message: 'not in main' });
    expect(await scene.reply).toEqual({ decision: 'deny', message: 'not in main' });
    await goesOn(scene);
  });

  test('deny without a message still says something, and with interrupt stops the turn', async () => {
    const { answer, reply } = await asking();
    await answer({ decision: 'deny', interrupt: true });
    expect(await reply).toEqual({
      decision: 'deny',
      message: expect.stringMatching(/./),
      interrupt: true,
    });
  });

  test('the first answer wins, also among those given at the same time', async () => {
    const { client, requestId, answer, reply } = await asking();
    const given = await Promise.allSettled([
      answer({ decision: 'deny', message: 'no' }),
      answer({ decision: 'allow' }),
      answer({ decision: 'deny', message: 'never' }),
    ]);
    expect(given.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(await reply).toEqual({ decision: 'deny', message: 'no' });
    const late = await client.refusal('answer_permission_request', { requestId, decision: 'deny' });
    const end = `request ${requestId} is no longer pending: it was denied by alice with a tool at `;
    expect(late).toMatchObject({ code: 'CONFLICT', message: expect.stringContaining(end) });
  });

  test.each([
    [{ decision: 'deny', updatedInput: {} }],
    [{ decision: 'deny', answers: {} }],
    [{ decision: 'deny', remember: 'session' }],
    [{ decision: 'allow', interrupt: true }],
  ])('refuses %j, which does not fit together, and the request stays open', async (args) => {
    const { client, requestId } = await asking();
    const refusal = await client.refusal('answer_permission_request', { requestId, ...args });
    expect(refusal.code).toBe('INVALID_REQUEST');
    const { requests } = await client.call('list_permission_requests');
    expect(requests).toMatchObject([{ requestId, state: 'pending' }]);
  });
});

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
    const { requests } = await client.call('list_permission_requests', { limit: 200 });
    expect(requests).toMatchObject([{ turnId: null }]);
    const { requestId } = requests[0] ?? {};
    await client.call('answer_permission_request', { requestId, decision: 'allow' });
    expect(await reply).toEqual({ decision: 'allow' });
  });
});
