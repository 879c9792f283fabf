import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { call, INITIALIZE } from '../support/client/messages.ts';
import { ALICE, start, startSession } from './http-service.ts';

type Asked = {
  readonly version?: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
};

const CLOSE = { Connection: 'close' };

describe('a client that wants its connection closed', () => {
  test.each<[string, Asked, number]>([
    ['an event stream', { body: INITIALIZE }, 200],
    ['JSON', { method: 'GET', path: '/healthz' }, 200],
    ['an error', { body: {} }, 400],
    ['no such page', { method: 'GET', path: '/nothing' }, 404],
    ['a failed expectation', { method: 'GET', headers: { Expect: 'more' } }, 417],
  ])('is told so and has it closed after %s', async (_, asked, status) => {
    for (const mode of ['sessions', 'dual'] as const) {
      const { port } = await start({ mode });
      const answer = await answerOf(port, { ...asked, headers: { ...CLOSE, ...asked.headers } });
      expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(connectionOf(answer)).toEqual(['close']);
    }
  });

  test('may speak HTTP/1.0, where that is the rule', async () => {
    const { port } = await start();
    const answer = await answerOf(port, { version: '1.0', body: INITIALIZE });
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(connectionOf(answer)).toEqual(['close']);
    expect(answer).toContain('"serverInfo"');
  });

  test('has it closed after its stream too, when that ends', async () => {
    const { server, session } = await startSession();
    const headers = { ...CLOSE, 'Mcp-Session-Id': session };
    const stream = answerOf(server.port, { method: 'GET', headers });
    await server.echo.until(({ absent }) => !absent.has(session));
    await answerOf(server.port, { method: 'DELETE', headers });
    expect(connectionOf(await stream)).toEqual(['close']);
  });
});

test('any other keeps its connection, after an event stream too', async () => {
  const { server, session } = await startSession();
  const socket = await connected(server.port);
  let told = '';
  socket.on('data', (chunk) => {
    told += chunk;
  });
  for (const id of [1, 2]) {
    socket.write(
      bytesOf(server.port, { headers: { 'Mcp-Session-Id': session }, body: call(id, 'whoami') }),
    );
    while (!told.includes(`"id":${id}`)) await once(socket, 'data');
  }
  expect(connectionOf(told)).toEqual(['keep-alive']);
});

/** All that came back until the server closed the connection. */
async function answerOf(port: number, asked: Asked): Promise<string> {
  const socket = await connected(port);
  socket.write(bytesOf(port, asked));
  return await text(socket);
}

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

function bytesOf(port: number, asked: Asked): string {
  const { version = '1.1', method = 'POST', path = '/mcp', headers, body } = asked;
  const json = body === undefined ? '' : JSON.stringify(body);
  const all = {
    Host: `localhost:${port}`,
    Authorization: `Bearer ${ALICE}`,
    Accept: 'application/json, text/event-stream',
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
    ...(body !== undefined && { 'Content-Length': String(json.length) }),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/${version}\r\n${lines.join('')}\r\n${json}`;
}

/** What the head of the answer says of the connection. */
function connectionOf(answer: string): string[] {
  const head = answer.split('\r\n\r\n', 1)[0] ?? '';
  return [...head.matchAll(/^connection: (.*)\r?$/gim)].map(([, value = '']) => value.trim());
}
