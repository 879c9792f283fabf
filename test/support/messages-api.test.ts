import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type MessagesApi, script, startMessagesApi } from './messages-api.ts';

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
    signal,
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
});

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
    expect(api.requests).toMatchObject([{ body: undefined }]);
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
