/** Requests of an MCP server of a session, answered by the tool. */

import { expect, test } from 'vitest';
import { asking, goesOn } from './asking.ts';

const FIELDS = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'integer' } },
  required: ['name'],
};
const ASK = {
  toolName: 'Elicitation',
  input: { server: 'tools', message: 'Who?', requestedSchema: FIELDS },
};

test('the answers reach it with the types of its schema, and are shown nowhere', async () => {
  const scene = await asking({}, ASK);
  const answers = [
    { question: 'name', answer: 'Bob the builder' },
    { question: 'age', answer: '42' },
  ];
  const { request } = await scene.answer({ decision: 'allow', answers });
  expect(request).toMatchObject({ ...ASK, state: 'allowed' });
  const updatedInput = { name: 'Bob the builder', age: 42 };
  expect(await scene.reply).toEqual({ decision: 'allow', updatedInput });
  const read = { sessionId: scene.sessionId, detail: 'full' };
  const { events } = await scene.client.call('read_events', read);
  expect(JSON.stringify([events, request])).not.toContain('builder');
  await goesOn(scene);
});

test.each([
  ['a map', { name: 'Bob', age: 42 }],
  [
    'a list',
    [
      { question: 'name', answer: 'Bob' },
      { question: 'age', answer: 42 },
    ],
  ],
])('a number may be given as one, in %s', async (_way, answers) => {
  const scene = await asking({}, ASK);
  await scene.answer({ decision: 'allow', answers });
  const updatedInput = { name: 'Bob', age: 42 };
  expect(await scene.reply).toEqual({ decision: 'allow', updatedInput });
});

test('so may yes or no', async () => {
  const requestedSchema = { type: 'object', properties: { sure: { type: 'boolean' } } };
  const input = { server: 'tools', message: 'Sure?', requestedSchema };
  const scene = await asking({}, { ...ASK, input });
  await scene.answer({ decision: 'allow', answers: { sure: true } });
  expect(await scene.reply).toEqual({ decision: 'allow', updatedInput: { sure: true } });
});

test.each([
  [{ answers: { age: '42' } }, 'answers: name is missing: expected text'],
  [{}, 'answers: name is missing: expected text'],
  [{ answers: { name: 'Bob', age: 'old' } }, 'answers: age: expected a whole number'],
  [{ answers: { nme: 'Bob' } }, 'nothing is asked for as nme; did you mean name?'],
  [{ updatedInput: { name: 'Bob' } }, 'asks for answers, not for an updatedInput'],
  [{ answers: { name: 'a [redacted] b' } }, 'the answer holds [redacted]'],
])('an answer that does not fit leaves the request open: %j', async (given, problem) => {
  const scene = await asking({}, ASK);
  const { requestId } = scene;
  const answer = { requestId, decision: 'allow', ...given };
  expect((await scene.client.ask('answer_permission_request', answer)).failure).toMatchObject({
    code: 'INVALID_REQUEST',
    message: expect.stringContaining(problem),
  });
  const { requests } = await scene.client.call('list_permission_requests');
  expect(requests).toMatchObject([{ requestId, state: 'pending' }]);
  await scene.answer({ decision: 'deny' });
  expect(await scene.reply).toMatchObject({ decision: 'deny', isUnanswered: undefined });
});

test('consent to an address needs no answers, and is never remembered', async () => {
  const input = { server: 'tools', message: 'Log in', url: 'https://example.com/login' };
  const { answer, reply, requestId, client } = await asking({}, { ...ASK, input });
  const { request } = await answer({ decision: 'allow', remember: 'session' });
  expect(request.notRemembered).toBe('This is asked each time: the request had no rememberAs.');
  expect(await reply).toEqual({ decision: 'allow', updatedInput: {} });
  const again = { requestId, decision: 'allow', answers: { x: 'y' } };
  expect((await client.ask('answer_permission_request', again)).failure).toMatchObject({
    code: 'CONFLICT',
  });
});

test('one that nobody answers in time is not denied by anybody', async () => {
  const { reply } = await asking({ settings: { permissionTimeoutMs: 1 } }, ASK);
  expect(await reply).toMatchObject({ decision: 'deny', isUnanswered: true });
});
