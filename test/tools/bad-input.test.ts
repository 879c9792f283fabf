import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { TOOLS } from '../../src/tools/index.ts';
import type { ToolName } from '../support/client/tools.ts';
import { Harness } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';

const MIB = 'x'.repeat(1024 * 1024);
const UNKNOWN = 'claude_00000000-0000-4000-8000-000000000000';

/** One server for all of it: what changes nothing can be done again and again. */
const harness = new Harness({});
let client: TestClient;
let sessionId: string;
let requestId: string;
let before: unknown;

async function stateOfAll(): Promise<unknown> {
  const { sessions } = await client.call('list_sessions');
  const { requests } = await client.call('list_permission_requests');
  const { uptimeMs: _time, ...metrics } = await client.call('get_metrics');
  return { sessions, requests, metrics };
}

beforeAll(async () => {
  await harness.open();
  client = await harness.connect();
  const busy = await harness.busy(client, { taskId: 't' });
  sessionId = busy.sessionId;
  void busy.run.ask();
  await client.call('wait_sessions', { sessionIds: [sessionId] });
  requestId = (await client.call('list_permission_requests')).requests[0]?.requestId ?? '';
  before = await stateOfAll();
});

afterAll(() => harness.end());

afterEach(async () => {
  expect(await stateOfAll()).toEqual(before);
});

/** Arguments that a tool takes, so that what is refused is what was put beside or over them. */
function goodArgs(tool: string): Record<string, unknown> {
  switch (tool) {
    case 'send_prompt':
      return { sessionId, prompt: 'x' };
    case 'wait_sessions':
      return { sessionIds: [sessionId] };
    case 'cancel_prompt':
      return { sessionId, turnId: 'none' };
    case 'answer_permission_request':
      return { requestId, decision: 'allow' };
    case 'link_task':
    case 'unlink_task':
      return { sessionId, taskId: 'u' };
    case 'update_session':
      return { sessionId, name: 'n' };
    default:
      return 'sessionId' in inputOf(tool) ? { sessionId } : {};
  }
}

type JsonType = 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object';

/** Text is wrong where it is not JSON of the right type in the right range. */
const WRONG: Record<JsonType, readonly unknown[]> = {
  string: [7, true, [], {}, ['x']],
  integer: ['', 'x', 'null', '1.5', '-1', '[7]', '"7"', '7s', '9007199254740992', 1.5, -1, true],
  number: ['', 'x', 'null', '-1', '0', '1e999', true, -1, 0, {}],
  boolean: ['', 'yes', 'True', '1', 'null', '"true"', 1, []],
  array: ['', '[', '["x"', '{}', '[null]', '[7]', '{"0":"x"}', 7, {}, [null], [7]],
  object: ['', 'x', '7', '[]', 'null', '{', '{"a":1', 7, [], true],
};

/** Neither a map of texts, nor a list of its entries. */
const WRONG_MAPS = [
  '',
  'x',
  '7',
  '[7]',
  '["x"]',
  '{"a":1',
  7,
  true,
  [null],
  [7],
  ['x'],
  [[]],
  [{}],
];

type Shown = { type?: JsonType; enum?: unknown; default?: unknown; anyOf?: unknown };

function schemaOf(tool: string) {
  return TOOLS.find(({ name }) => name === tool)?.input.toJSONSchema({ io: 'input' });
}

function inputOf(tool: string): Record<string, Shown> {
  return (schemaOf(tool)?.properties ?? {}) as Record<string, Shown>;
}

async function refuses(tool: ToolName, args: Record<string, unknown>, named: string) {
  const refusal = await client.refusal(tool, args);
  expect(refusal.code).toBe('INVALID_REQUEST');
  expect(refusal.message).toContain(named);
  expect(refusal.message.length).toBeLessThan(500);
}

describe.each(TOOLS.map(({ name }) => name as ToolName))('%s', (tool) => {
  test.each(Object.entries(inputOf(tool)))('refuses another type for %s', async (name, schema) => {
    const words = schema.enum === undefined ? [] : ['', 'other', 'DEFAULT', '__proto__'];
    const wrong = schema.anyOf === undefined ? WRONG[schema.type ?? 'string'] : WRONG_MAPS;
    for (const value of [...wrong, ...words]) {
      await refuses(tool, { ...goodArgs(tool), [name]: value }, name);
    }
  });

  const required = schemaOf(tool)?.required ?? [];
  test.each(required)('says that %s is missing, also if it is null', async (name) => {
    const { [name]: _one, ...others } = goodArgs(tool);
    await refuses(tool, others, `${name} is missing`);
    await refuses(tool, { ...others, [name]: null }, `${name} is missing`);
  });

  test('refuses an argument that it does not know, by its name', async () => {
    for (const name of ['nonsense', 'SessionId', 'constructor', 'toString']) {
      await refuses(tool, { ...goodArgs(tool), [name]: 'x' }, name);
    }
    await refuses(tool, { ...goodArgs(tool), [MIB]: 1 }, 'unknown argument');
  });
});

describe('a value out of its range', () => {
  const many = (count: number, text = 'x') => Array.from({ length: count }, () => text);
  const map = (count: number) =>
    Object.fromEntries(many(count).map((value, i) => [`k${i}`, value]));
  const cases: readonly [ToolName, Record<string, unknown>][] = [
    ['create_session', { name: 'x'.repeat(201) }],
    ['create_session', { model: MIB }],
    ['create_session', { workingDirectory: `/${MIB}` }],
    ['create_session', { taskId: 'x'.repeat(201) }],
    ['create_session', { maxTurns: 0 }],
    ['create_session', { maxTurns: 1.5 }],
    ['create_session', { maxBudgetUsd: 0 }],
    ['create_session', { timeout: 0 }],
    ['create_session', { timeout: -1 }],
    ['create_session', { timeout: 1 }],
    ['create_session', { timeout: 999 }],
    ['create_session', { timeout: '600' }],
    ['create_session', { labels: '{"k":1}' }],
    ['create_session', { labels: '{"__proto__":"x"}' }],
    ['create_session', { allowedTools: 'Read,Write' }],
    ['create_session', { allowedTools: '["Read","Write,Edit"]' }],
    ['create_session', { disallowedTools: 'Read Write' }],
    ['create_session', { disallowedTools: '"WebFetch"' }],
    ['create_session', { disallowedTools: ['["WebFetch"]'] }],
    ['create_session', { disallowedTools: ["'WebFetch'"] }],
    ['create_session', { disallowedTools: ['{WebFetch}'] }],
    ['create_session', { labels: '"a=b"' }],
    ['wait_sessions', { sessionIds: '"a"' }],
    ['create_session', { labels: map(33) }],
    ['create_session', { labels: { ['k'.repeat(65)]: 'v' } }],
    ['create_session', { labels: { '': 'v' } }],
    ['create_session', { labels: { k: 'v'.repeat(201) } }],
    ['create_session', { labels: { k: 1 } }],
    ['create_session', { labels: { k: null } }],
    ['create_session', { labels: JSON.parse('{"__proto__": "x"}') }],
    ['create_session', { labels: ['__proto__=x'] }],
    ['create_session', { labels: ['a=1', 'a=2'] }],
    ['create_session', { labels: ['a=1', '=2'] }],
    ['create_session', { labels: many(33).map((value, i) => `${i}=${value}`) }],
    ['create_session', { labels: [`${'k'.repeat(65)}=v`] }],
    ['create_session', { labels: [`k=${'v'.repeat(201)}`] }],
    ['create_session', { labels: { k: { toString: 'x' } } }],
    ['create_session', { allowedTools: many(201) }],
    ['create_session', { allowedTools: ['x'.repeat(501)] }],
    ['create_session', { allowedTools: [''] }],
    ['create_session', { allowedTools: ['Read,Write'] }],
    ['create_session', { allowedTools: ['Bash(git *), Write'] }],
    ['create_session', { allowedTools: ['Bash(echo (a), b)'] }],
    ['create_session', { allowedTools: ['Bash(git', 'Write'] }],
    ['create_session', { disallowedTools: ['Read Write'] }],
    ['create_session', { disallowedTools: many(201) }],
    ['create_session', { customSystemPrompt: 'é'.repeat(128 * 1024 + 1) }],
    ['create_session', { appendSystemPrompt: MIB }],
    ['create_session', { permissionMode: 'bypassPermissions' }],
    ['create_session', { permissionMode: 'auto' }],
    ['create_session', { onDisconnect: 'kill' }],
    ['create_session', { idempotencyKey: MIB }],
    ...['', ' ', '\n\t ', '\u00a0\u2003\ufeff', 'é'.repeat(512 * 1024 + 1), `${MIB}x`].flatMap(
      (prompt): [ToolName, Record<string, unknown>][] => [
        ['create_session', { prompt }],
        ['send_prompt', { prompt }],
        ['fork_session', { prompt }],
      ],
    ),
    ['send_prompt', { waitMs: 50_001 }],
    ['read_events', { waitMs: 50_001 }],
    ['read_events', { limit: 0 }],
    ['read_events', { limit: 501 }],
    ['read_events', { after: -1 }],
    ['wait_sessions', { waitMs: 50_001 }],
    ['wait_sessions', { sessionIds: [] }],
    ['wait_sessions', { sessionIds: many(101, UNKNOWN) }],
    ['wait_sessions', { sessionIds: [''] }],
    ['list_sessions', { limit: 0 }],
    ['list_sessions', { limit: 201 }],
    ['list_sessions', { cursor: 'x'.repeat(501) }],
    ['list_sessions', { label: `k=${'v'.repeat(300)}` }],
    ['fork_session', { name: MIB }],
    ['end_session', { reason: '' }],
    ['end_session', { reason: 'x'.repeat(1001) }],
    ['cleanup_sessions', { maxAgeMs: -1 }],
    ['cleanup_sessions', { maxAgeMs: 0.5 }],
    ['get_session', { sessionId: '' }],
    ['get_session', { sessionId: MIB }],
    ['link_task', { taskId: MIB }],
    ['link_task', { taskId: '' }],
    ['cancel_prompt', { turnId: '' }],
    ['answer_permission_request', { requestId: '' }],
    ['answer_permission_request', { updatedInput: '{"__proto__":1}' }],
    ['answer_permission_request', { updatedInput: '['.repeat(200) }],
    ['answer_permission_request', { updatedInput: `{"a":${'['.repeat(128)}${']'.repeat(128)}}` }],
    ['cancel_prompt', { turnId: MIB }],
    ['answer_permission_request', { requestId: MIB }],
    ['answer_permission_request', { message: '' }],
    ['answer_permission_request', { message: 'x'.repeat(1001) }],
    ['answer_permission_request', { answers: map(21) }],
    ...[null, {}, ['x']].map((q): [ToolName, Record<string, unknown>] => [
      'answer_permission_request',
      { answers: { q } },
    ]),
    ['answer_permission_request', { answers: [{ question: 'q', answer: { q: 'x' } }] }],
    ['answer_permission_request', { answers: { q: 'x'.repeat(1001) } }],
    ['answer_permission_request', { answers: JSON.parse('{"__proto__": "x"}') }],
    ['answer_permission_request', { updatedInput: JSON.parse('{"__proto__": 1}') }],
    ...['{"__proto__": 1}', '', '{', '[]', 'null', '"x"', '{"a": 1} {}'].map(
      (updatedInput): [ToolName, Record<string, unknown>] => [
        'answer_permission_request',
        { updatedInput },
      ],
    ),
    ...[
      [{ question: 'q', answer: 'x'.repeat(1001) }],
      [{ question: 'q' }],
      [{ question: 'q', answer: 'a', more: 1 }],
      [{ question: '__proto__', answer: 'a' }],
      many(2).map((question) => ({ question, answer: 'a' })),
      many(21).map((answer, i) => ({ question: `${i}`, answer })),
    ].map((answers): [ToolName, Record<string, unknown>] => [
      'answer_permission_request',
      { answers },
    ]),
  ];

  test.each(
    cases.map(([tool, args]) => ({ tool, args, shown: JSON.stringify(args).slice(0, 50) })),
  )('$tool refuses $shown', async ({ tool, args }) => {
    const [name = ''] = Object.keys(args);
    const named = JSON.stringify(args).includes('__proto__') ? '__proto__' : name;
    await refuses(tool, { ...goodArgs(tool), ...args }, named);
  });
});

describe('an id that names nothing', () => {
  const odd = ['x', UNKNOWN, '__proto__', 'constructor', '\0', "' OR 1=1 --", '../../x', '\ud800'];

  test.each(odd)('%j is SESSION_NOT_FOUND to every tool that takes a session', async (unknown) => {
    for (const { name } of TOOLS) {
      const good = goodArgs(name);
      const args = 'sessionIds' in good ? { sessionIds: [unknown] } : { sessionId: unknown };
      if (!('sessionIds' in good) && !('sessionId' in inputOf(name))) continue;
      const refusal = await client.refusal(name as ToolName, { ...good, ...args });
      expect(refusal).toMatchObject({
        code: 'SESSION_NOT_FOUND',
        message: expect.stringMatching(/^no session /),
        hint: expect.stringContaining('list_sessions'),
        retryable: false,
      });
    }
  });

  test.each(odd)('%j is NOT_FOUND for a permission request and for a turn', async (unknown) => {
    const answer = { requestId: unknown, decision: 'allow' };
    const asked = await client.refusal('answer_permission_request', answer);
    expect(asked).toMatchObject({ code: 'NOT_FOUND', hint: expect.stringContaining('list_') });
    const turn = await client.refusal('cancel_prompt', { sessionId, turnId: unknown });
    expect(turn).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('stands in the message shortened and without control characters', async () => {
    const { message } = await client.refusal('get_session', {
      sessionId: `\u001b[31m\n${'x'.repeat(190)}`,
    });
    expect([...message].every((letter) => letter >= ' ')).toBe(true);
    expect(message.length).toBeLessThan(120);
  });
});
