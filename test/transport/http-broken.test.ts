import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, test } from 'vitest';
import { open, openSession, send } from '../support/client/http-wire.ts';
import { call } from '../support/client/messages.ts';
import { ALICE, serve } from './http-service.ts';

const server = await serve();
afterAll(() => server.close());
const { port } = server;

const HOST = `Host: 127.0.0.1:${port}\r\n`;
const POST = `POST /mcp HTTP/1.1\r\n${HOST}Authorization: Bearer ${ALICE}\r\nContent-Type: application/json\r\n`;

describe('what is no request is answered with a status and a JSON error', () => {
  test.each([
    ['noise', '\u0000\u0001 hello\r\n\r\n', 400],
    ['a TLS hello', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000', 400],
    ['another version of HTTP', `GET /mcp HTTP/3.7\r\n${HOST}\r\n`, 400],
    ['two lengths', `${POST}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, 400],
    ['a length and chunks', `${POST}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n`, 400],
    ['a wrong chunk', `${POST}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
    ['another transfer coding', `${POST}Transfer-Encoding: gzip\r\n\r\n`, 400],
    ['a bare line feed in a header', `GET /mcp HTTP/1.1\r\n${HOST}a: b\nc: d\r\n\r\n`, 400],
    ['a space before the colon', `GET /mcp HTTP/1.1\r\nHost : x\r\n\r\n`, 400],
    ['a folded header', `GET /mcp HTTP/1.1\r\n${HOST}a: b\r\n c: d\r\n\r\n`, 400],
    [
      'headers that are too large',
      `GET / HTTP/1.1\r\n${HOST}a: ${'x'.repeat(17_000)}\r\n\r\n`,
      431,
    ],
    ['too many headers', `GET / HTTP/1.1\r\n${HOST}${'a:b\r\n'.repeat(10_000)}\r\n`, 431],
    ['an expectation', `GET /mcp HTTP/1.1\r\n${HOST}Expect: the-moon\r\n\r\n`, 417],
    [
      'an expectation, and noise',
      `GET /mcp HTTP/1.1\r\n${HOST}Expect: x\r\n\r\nnoise\r\n\r\n`,
      417,
    ],
    ['a tunnel', `CONNECT evil.example:443 HTTP/1.1\r\n${HOST}\r\n`, 405],
  ])('%s', async (_, bytes, status) => {
    const answer = await raw(bytes);
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(head).toMatch(/content-type: application\/json/i);
    expect(head).toMatch(/cache-control: no-store/i);
    expect(JSON.parse(body)).toMatchObject({ jsonrpc: '2.0', error: { code: -32_000 }, id: null });
    expect(answer).not.toMatch(/\n\s+at |node:|Parse Error/);
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  test('an upgrade is answered as what it is otherwise', async () => {
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
    expect(await raw(`GET /mcp HTTP/1.1\r\n${HOST}${upgrade}\r\n`)).toMatch(/^HTTP\/1\.1 401 /);
  });
});

test('noise behind a request that is being answered spoils no answer', async () => {
  const session = await openSession(server);
  const request = open(server, { session, body: call(1, 'hang') });
  request.on('error', () => {});
  const [head] = await new Promise<string[]>((resolve) => {
    request.on('response', (response) => resolve([String(response.statusCode)]));
  });
  expect(head).toBe('200');
  const closed = new Promise((resolve) => request.once('close', resolve));
  const seen = new Promise<string>((resolve) => {
    let bytes = '';
    request.socket?.on('data', (chunk) => {
      bytes += chunk;
    });
    request.socket?.once('close', () => resolve(bytes));
  });
  request.socket?.write('noise\r\n\r\n');
  expect(await seen).not.toContain('HTTP/1.1');
  await closed;
  expect((await send(server, { session, body: call(2, 'whoami') })).status).toBe(200);
});

async function raw(bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.end(bytes, 'latin1');
  return text(socket);
}
