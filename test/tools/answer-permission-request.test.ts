import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { asking, goesOn, INPUT } from './asking.ts';

describe('answer_permission_request', () => {
  test('allow: Claude may, once, with the input that it asked with', async () => {
    const scene = await asking();
    const answered = await scene.answer({ decision: 'allow', message: 'fine' });
    const { workingDirectory, ...request } = answered.request;
    const { session } = await scene.client.call('get_session', { sessionId: scene.sessionId });
    expect(workingDirectory).toBe(session.workingDirectory);
    expect(request).toEqual({
      requestId: scene.requestId,
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
