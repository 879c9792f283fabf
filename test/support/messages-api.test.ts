import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type MessagesApi, type Step, script, startMessagesApi } from './messages-api.ts';

type Event = { event: string; data: Record<string, unknown> };
type Reply = { content: { text?: string }[] };
type ErrorReply = { error: { type: string; message: string } };
type Turn = { role: string; content: unknown };

let api: MessagesApi;

beforeEach(async () => {
  api = await startMessagesApi({ requestsKept: 3 });
});
afterEach(() => api.close());

function post(
  messages: Turn[],
  init: { stream?: boolean; signal?: AbortSignal; session?: string; agent?: string } = {},
) {
  const { stream = false, signal, session = 's1', agent } = init;
  return fetch(`${api.url}/v1/messages?beta=true`, {
    method: 'POST',
    headers: {
      'x-claude-code-session-id': session,
      ...(agent && { 'x-claude-code-agent-id': agent }),
    },
    body: JSON.stringify({ model: 'claude-test', messages, stream }),
    ...(signal && { signal }),
  });
}

const user = (content: unknown): Turn => ({ role: 'user', content });

async function answerTo(...messages: Turn[]): Promise<string | undefined> {
  const { content } = await read<Reply>(await post(messages));
  return content[0]?.text;
}

async function read<T>(response: Response): Promise<T> {
  return (await response.json()) as T;
}

async function stream(step: Step): Promise<Event[]> {
  const response = await post([user(script([step]))], { stream: true });
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  return parseEvents(await response.text());
}

function parseEvents(text: string): Event[] {
  return [...text.matchAll(/event: (\w+)\ndata: (.*)\n\n/g)].map(([, event = '', data = '{}']) => ({
    event,
    data: JSON.parse(data),
  }));
}

describe('a streamed answer', () => {
  test('sends the frames of a message in the order of the API', async () => {
    const events = await stream({ text: 'one two', chunks: 2 });
    expect(events.map(({ event }) => event)).toEqual([
      'message_start',
      'ping',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(events.every(({ event, data }) => data.type === event)).toBe(true);
    expect(events[0]?.data.message).toMatchObject({
      model: 'claude-test',
      content: [],
      stop_reason: null,
      usage: { input_tokens: 100, output_tokens: 1 },
    });
    expect(events.flatMap(({ data }) => data.delta ?? [])).toEqual([
      { type: 'text_delta', text: 'one ' },
      { type: 'text_delta', text: 'two' },
      { stop_reason: 'end_turn', stop_sequence: null },
    ]);
    expect(events[6]?.data.usage).toEqual({ output_tokens: 10 });
  });

  test('carries thinking, text and tool calls as blocks of their own, the input in pieces', async () => {
    const tools = [{ tool: 'Write', input: { a: 1 } }, { tool: 'Bash' }];
    const events = await stream({ thinking: 'hm', text: 'now', tools });
    const starts = events.filter(({ event }) => event === 'content_block_start');
    expect(starts.map(({ data }) => [data.index, data.content_block])).toEqual([
      [0, { type: 'thinking', thinking: '', signature: '' }],
      [1, { type: 'text', text: '' }],
      [2, { type: 'tool_use', id: expect.any(String), name: 'Write', input: {} }],
      [3, { type: 'tool_use', id: expect.any(String), name: 'Bash', input: {} }],
    ]);
    const pieces = events.filter(({ data }) => data.index === 2 && data.delta);
    const json = pieces.map(({ data }) => (data.delta as { partial_json: string }).partial_json);
    expect(JSON.parse(json.join(''))).toEqual({ a: 1 });
    expect(events.at(-2)?.data.delta).toMatchObject({ stop_reason: 'tool_use' });
  });

  test('takes usage, stop reason and volume from the step', async () => {
    const usage = { input_tokens: 7, cache_read_input_tokens: 5, output_tokens: 3 };
    const events = await stream({ bigText: 100_001, chunks: 10, usage, stop_reason: 'max_tokens' });
    const texts = events.flatMap(({ data }) => (data.delta as { text?: string })?.text ?? []);
    expect([texts.length, texts.join('').length]).toEqual([10, 100_001]);
    expect(events[0]?.data.message).toMatchObject({
      usage: { ...usage, output_tokens: 1, cache_creation_input_tokens: 0 },
    });
    expect(events.at(-2)?.data).toMatchObject({
      delta: { stop_reason: 'max_tokens' },
      usage: { output_tokens: 3 },
    });
  });
});

test('equal scripts in two turns are distinct, so the second does not count as a retry', async () => {
  const failing = () => user(script([{ status: 500, times: 1 }]));
  expect((await post([failing()])).status).toBe(500);
  expect((await post([failing()])).status).toBe(500);
});

test('a damaged script is an error the client can read', async () => {
  const response = await post([user(script([{ text: 'a' }]).replace('"steps"', 'steps'))]);
  expect(response.status).toBe(400);
  expect((await read<ErrorReply>(response)).error.message).toContain('SyntaxError');
});

test('without streaming the answer is one complete message', async () => {
  const response = await post([user(script([{ text: 'hi', tool: 'Read', input: { x: 1 } }]))]);
  expect(await response.json()).toEqual({
    id: expect.stringMatching(/^msg_/),
    type: 'message',
    role: 'assistant',
    model: 'claude-test',
    content: [
      { type: 'text', text: 'hi' },
      { type: 'tool_use', id: expect.stringMatching(/^toolu_/), name: 'Read', input: { x: 1 } },
    ],
    stop_reason: 'tool_use',
    stop_sequence: null,
    usage: {
      input_tokens: 100,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      output_tokens: 10,
    },
  });
});

describe('a scripted failure', () => {
  test('answers the status for the first tries of each session and subagent, then the content', async () => {
    const headers = { 'retry-after': '1' };
    const prompt = user(
      script([{ status: 429, times: 2, headers, message: 'slow down', text: 'ok' }]),
    );
    const first = await post([prompt]);
    expect([first.status, first.headers.get('retry-after')]).toEqual([429, '1']);
    expect(await first.json()).toEqual({
      type: 'error',
      error: { type: 'rate_limit_error', message: 'slow down' },
    });
    expect((await post([prompt])).status).toBe(429);
    expect((await post([prompt], { session: 's2' })).status).toBe(429);
    expect((await post([prompt], { agent: 'a1' })).status).toBe(429);
    expect((await post([prompt])).status).toBe(200);
    expect(api.requests.map((request) => request.tryNumber)).toEqual([1, 1, 3]);
  });

  test('answers the status always when no number of tries is given', async () => {
    const prompt = user(script([{ status: 529 }]));
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await post([prompt])).status);
    expect(statuses).toEqual([529, 529, 529, 529]);
  });

  test('drops the connection before the headers', async () => {
    await expect(post([user(script([{ drop: 'start' }]))])).rejects.toThrow('fetch failed');
    expect(api.requests[0]?.clientClosedEarly).toBe(false);
  });

  test('drops the connection after the first deltas', async () => {
    const prompt = user(script([{ drop: 'mid', text: 'cut' }]));
    const response = await post([prompt], { stream: true });
    const { seen, error } = await readToBreak(response);
    expect(seen).toContain('"text":"cut"');
    expect(seen).not.toContain('content_block_stop');
    expect(error).toBeInstanceOf(Error);
    expect(api.requests[0]?.clientClosedEarly).toBe(false);
  });

  test('breaks a stream with an error event and answers the repeat without streaming', async () => {
    const prompt = user(script([{ sseError: 'overloaded_error', text: 'whole' }]));
    const events = parseEvents(await (await post([prompt], { stream: true })).text());
    expect(events.at(-1)).toEqual({
      event: 'error',
      data: { type: 'error', error: { type: 'overloaded_error', message: expect.any(String) } },
    });
    expect(events.at(-2)?.event).toBe('content_block_delta');
    expect(await answerTo(prompt)).toBe('whole');
  });

  test('hangs before the headers until the stand-in closes', async () => {
    const pending = post([user(script([{ hang: 'headers' }]))]);
    const failed = expect(pending).rejects.toThrow('fetch failed');
    const request = await api.waitForRequest(() => true);
    await api.close();
    await failed;
    expect(request.clientClosedEarly).toBe(false);
  });

  test('hangs after the first deltas until the stand-in closes', async () => {
    const prompt = user(script([{ hang: 'mid', text: 'one two', chunks: 2 }]));
    const response = await post([prompt], { stream: true });
    const { seen, error } = await readToBreak(response, async (text) => {
      if (text.includes('"text":"two"')) await api.close();
    });
    expect(seen).not.toContain('content_block_stop');
    expect(error).toBeInstanceOf(Error);
  });
});

async function readToBreak(response: Response, look = async (_seen: string) => {}) {
  let seen = '';
  try {
    for await (const bytes of response.body ?? []) {
      seen += Buffer.from(bytes).toString();
      await look(seen);
    }
    return { seen, error: undefined };
  } catch (error) {
    return { seen, error };
  }
}

describe('the record of requests', () => {
  test('tells that the client left before the end', async () => {
    const gone = new AbortController();
    const prompt = user(script([{ hang: 'headers' }]));
    const pending = post([prompt], { signal: gone.signal });
    const request = await api.waitForRequest(() => true);
    expect(request.clientClosedEarly).toBe(false);
    gone.abort();
    await expect(pending).rejects.toThrow('abort');
    const closed = await api.waitForRequest(({ clientClosedEarly }) => clientClosedEarly);
    expect(closed).toBe(request);
  });

  test('keeps headers and body of the last requests only', async () => {
    for (const word of ['a', 'b', 'c', 'd']) await answerTo(user(word));
    const last = api.requests.map(({ body }) => body?.messages[0]?.content);
    expect(last).toEqual(['b', 'c', 'd']);
    expect(api.requests[0]?.headers['x-claude-code-session-id']).toBe('s1');
  });

  test('leaves out a body over 1 MiB, which is answered all the same', async () => {
    expect(await answerTo(user('z'.repeat(1024 * 1024)))).toBe(`ok: ${'z'.repeat(60)}`);
    expect(api.requests[0]?.body).toBeUndefined();
    expect(api.requests[0]?.bodyBytes).toBeGreaterThan(1024 * 1024);
  });

  test('finds a request that came before the wait', async () => {
    await answerTo(user('early'));
    expect(await api.waitForRequest(() => true)).toBe(api.requests[0]);
  });

  test('tells that the client left between two deltas', async () => {
    const gone = new AbortController();
    const prompt = user(script([{ text: 'a b', chunks: 2, delayMs: 600_000 }]));
    await post([prompt], { stream: true, signal: gone.signal });
    gone.abort();
    const closed = await api.waitForRequest(({ clientClosedEarly }) => clientClosedEarly);
    expect(closed.tryNumber).toBe(1);
  });

  test('ends a wait when the stand-in closes', async () => {
    const waiting = api.waitForRequest(() => true);
    await Promise.all([expect(waiting).rejects.toThrow('closed'), api.close()]);
  });
});

describe('the other endpoints', () => {
  test('count the tokens of a body', async () => {
    const body = JSON.stringify({ model: 'm', messages: [] });
    const url = `${api.url}/v1/messages/count_tokens?beta=true`;
    const response = await fetch(url, { method: 'POST', body });
    expect(await response.json()).toEqual({ input_tokens: Math.ceil(body.length / 4) });
  });

  test('know no models and no other path', async () => {
    const models = await fetch(`${api.url}/v1/models`);
    expect(await models.json()).toEqual({ data: [], has_more: false });
    const unknown = await fetch(`${api.url}/v1/elsewhere`);
    expect(unknown.status).toBe(404);
    expect((await read<ErrorReply>(unknown)).error.type).toBe('not_found_error');
  });

  test('refuse a body that is no request', async () => {
    const response = await fetch(`${api.url}/v1/messages`, { method: 'POST', body: '{"x":' });
    expect(response.status).toBe(400);
  });
});
