/** A model reads these: they say what was expected, what came, and what to send; never a value that may be secret. */

import { describe, expect, test } from 'vitest';
import { SessionError } from '../../src/errors.ts';
import { TOOLS } from '../../src/tools/index.ts';
import { startBusy, startWithClient } from '../support/harness.ts';

function toolOf(name: string) {
  const tool = TOOLS.find((each) => each.name === name);
  if (tool === undefined) throw new Error(`no tool ${name}`);
  return tool;
}

function refusalOf(tool: string, args: unknown): SessionError {
  try {
    toolOf(tool).prepare(args);
  } catch (error) {
    if (error instanceof SessionError) return error;
  }
  throw new Error(`${tool} takes ${JSON.stringify(args)}`);
}

const EXAMPLE = 'Send, for example: ';

test.each<[string, unknown, string, string]>([
  [
    'wait_sessions',
    undefined,
    'sessionIds is missing',
    'wait_sessions {"sessionIds":["claude_…"]}',
  ],
  ['wait_sessions', null, 'sessionIds is missing', 'wait_sessions {"sessionIds":["claude_…"]}'],
  [
    'answer_permission_request',
    { requestId: null },
    'requestId is missing; decision is missing',
    'answer_permission_request {"requestId":"…","decision":"allow"}',
  ],
  [
    'wait_sessions',
    { sessionIds: ['a'], waitMs: 'soon' },
    'waitMs must be a whole number of milliseconds, 0 to 50000; it came as text',
    'wait_sessions {"sessionIds":["claude_…"],"waitMs":30000}',
  ],
  [
    'wait_sessions',
    { sessionIds: ['a'], waitMs: 60_000 },
    'waitMs must be a whole number of milliseconds, 0 to 50000; it was 60000',
    'wait_sessions {"sessionIds":["claude_…"],"waitMs":30000}',
  ],
  [
    'wait_sessions',
    { sessionIds: '["a"' },
    'sessionIds must be a list of 1 to 100 entries, each text of 1 to 200 characters; it came as text that is not JSON',
    'wait_sessions {"sessionIds":["claude_…"]}',
  ],
  [
    'wait_sessions',
    { sessionIds: ['a', 7, null] },
    'sessionIds[1] must be text of 1 to 200 characters; it was 7; sessionIds[2] is missing',
    'wait_sessions {"sessionIds":["claude_…"]}',
  ],
  [
    'send_prompt',
    { sessionId: 's', prompt: 'x', mode: 'steeer' },
    'mode must be one of "queue", "steer", "interrupt"; it was "steeer" (did you mean "steer"?)',
    'send_prompt {"sessionId":"claude_…","prompt":"…","mode":"queue"}',
  ],
  [
    'send_prompt',
    { sessionId: 's', prompt: 'x', mode: 'my password is hunter2' },
    'mode must be one of "queue", "steer", "interrupt"; it was other text',
    'send_prompt {"sessionId":"claude_…","prompt":"…","mode":"queue"}',
  ],
  [
    'create_session',
    { maxBudgetUsd: 0 },
    'maxBudgetUsd must be a number greater than 0; it was 0',
    'create_session {"maxBudgetUsd":1}',
  ],
  [
    'create_session',
    { timeout: 60 },
    'timeout is in milliseconds: 60 would stop each turn after 0.06 s; for 60 seconds, pass 60000',
    'create_session {"timeout":30000}',
  ],
  [
    'create_session',
    { timeout: 0 },
    'timeout must be a whole number of milliseconds, at least 1000; it was 0',
    'create_session {"timeout":30000}',
  ],
  [
    'create_session',
    { name: 'x'.repeat(201) },
    'name must be text of 1 to 200 characters; it had 201 characters',
    'create_session {"name":"…"}',
  ],
  ['create_session', { prompt: ' ' }, 'prompt must not be empty', 'create_session {"prompt":"…"}'],
  [
    'answer_permission_request',
    { requestId: 'r', decision: 'deny', interrupt: 'yes' },
    'interrupt must be true or false; it came as text',
    'answer_permission_request {"requestId":"…","decision":"allow","interrupt":false}',
  ],
  [
    'wait_sessions',
    { sessionIds: [] },
    'sessionIds must be a list of 1 to 100 entries, each text of 1 to 200 characters; it was an empty list',
    'wait_sessions {"sessionIds":["claude_…"]}',
  ],
  [
    'send_prompt',
    { sessionId: ['a'], prompt: ['a', 'b'] },
    'sessionId must be text of 1 to 200 characters; it came as a list of 1 entry; ' +
      'prompt must be text of at most 1048576 characters; it came as a list of 2 entries',
    'send_prompt {"sessionId":"claude_…","prompt":"…"}',
  ],
  ['create_session', [], 'the arguments must be one object', 'create_session {}'],
  ['create_session', 7, 'the arguments must be one object', 'create_session {}'],
  [
    'create_session',
    { allowedTools: 7 },
    'allowedTools must be a list of at most 200 entries, each text of 1 to 500 characters; it was 7',
    'create_session {"allowedTools":["Read"]}',
  ],
  [
    'create_session',
    { labels: ['a=1', 'a=2'] },
    'labels has a key more than once',
    'create_session {"labels":["key=value"]}',
  ],
  [
    'answer_permission_request',
    {
      requestId: 'r',
      decision: 'allow',
      answers: [
        { question: 'q', answer: 'a' },
        { question: 'q', answer: 'b' },
      ],
    },
    'answers has a question more than once',
    'answer_permission_request {"requestId":"…","decision":"allow","answers":[{"question":"…","answer":"…"}]}',
  ],
  [
    'answer_permission_request',
    { requestId: 'r', decision: 'allow', answers: [{ question: 'q', answer: 'a', why: 'w' }] },
    'unknown argument in answers[0]: why; it takes question, answer',
    'answer_permission_request {"requestId":"…","decision":"allow","answers":[{"question":"…","answer":"…"}]}',
  ],
])('%s with %j', (tool, args, message, example) => {
  expect(refusalOf(tool, args)).toMatchObject({
    code: 'INVALID_REQUEST',
    message: `${tool}: ${message}`,
    hint: EXAMPLE + example,
  });
});

describe('an argument that is not known', () => {
  test.each([
    ['wait_sessions', 'session_ids', 'sessionIds'],
    ['wait_sessions', 'waitms', 'waitMs'],
    ['create_session', 'workingdir', 'workingDirectory'],
    ['create_session', 'labls', 'labels'],
  ])('of %s: %s means %s', (tool, name, meant) => {
    const { message, hint } = refusalOf(tool, { sessionIds: ['a'], [name]: 1 });
    expect(message).toContain(`unknown argument`);
    expect(message).toContain(`${name} (did you mean ${meant}?)`);
    expect(hint).toContain(`${tool} takes ${Object.keys(toolOf(tool).input.shape).join(', ')}.`);
  });

  test('is an error also if it is null, and is not guessed if nothing is near', () => {
    const { message } = refusalOf('get_session', { sessionId: 'a', colour: null });
    expect(message).toBe('get_session: unknown argument colour');
  });
});

describe.each(TOOLS.map((tool) => [tool.name, tool] as const))('the example of %s', (_, tool) => {
  test('is a call that it takes', () => {
    const { hint = '' } = refusalOf(tool.name, { nonsense: 1 });
    const [, example = ''] = hint.split(`${EXAMPLE}${tool.name} `);
    expect(() => tool.prepare(JSON.parse(example))).not.toThrow();
  });

  test.each(Object.keys(tool.input.shape))('also with %s', (name) => {
    const { hint = '' } = refusalOf(tool.name, { [name]: [[7]] });
    const [, example = ''] = hint.split(`${EXAMPLE}${tool.name} `);
    const args = JSON.parse(example);
    expect(args).toHaveProperty(name);
    expect(() => tool.prepare(args)).not.toThrow();
  });
});

test('no value of a text is in the message', () => {
  const secret = 'sk-ant-secret with spaces';
  for (const { name, input } of TOOLS) {
    for (const argument of Object.keys(input.shape)) {
      // Names are shown, so that what is wrong can be found.
      for (const value of [{ odd: [secret] }, [[secret]], secret.repeat(60_000)]) {
        const error = refusalOf(name, { [argument]: value, nonsense: 1 });
        expect(`${error.message} ${error.hint}`).not.toContain('sk-ant');
      }
    }
  }
});

test('calls that are written differently are one call to a key', async () => {
  const { client } = await startWithClient();
  const plain = {
    allowedTools: ['Read'],
    labels: { a: 'b' },
    maxTurns: 3,
    prompt: 'go',
    idempotencyKey: 'k',
  };
  const first = await client.call('create_session', plain);
  const others = [
    { ...plain, allowedTools: 'Read', labels: '{"a":"b"}', maxTurns: '3' },
    { ...plain, allowedTools: '["Read"]', model: null, name: '', taskId: null, timeout: null },
  ];
  for (const other of others) {
    const again = await client.call('create_session', other);
    expect(again.session.id).toBe(first.session.id);
  }
  const different = { ...plain, maxTurns: '4' };
  expect((await client.refusal('create_session', different)).code).toBe('CONFLICT');
});

test('a call in which every optional argument is null is the call without them', async () => {
  const { client, sessionId, run } = await startBusy();
  // So that wait_sessions has something to return before its time is up.
  const asked = run.ask();
  for (const tool of TOOLS) {
    if (tool.name === 'answer_permission_request' || tool.name === 'cancel_prompt') continue;
    const known: Record<string, unknown> = {
      sessionId,
      sessionIds: sessionId,
      prompt: 'x',
      taskId: 't',
    };
    // It takes at least one change.
    const changed = tool.name === 'update_session' ? { name: 'n' } : {};
    const args = Object.entries(tool.input.shape).map(([name, field]) => [
      name,
      field.isOptional() ? null : known[name],
    ]);
    const given = { ...Object.fromEntries(args), ...changed };
    const result = await client.raw(tool.name, given);
    expect([tool.name, result.isError ?? false]).toEqual([tool.name, false]);
    if (tool.name === 'end_session') break;
  }
  await asked;
});
