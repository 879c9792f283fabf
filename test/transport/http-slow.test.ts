import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { openSession, openStream, send } from '../support/client/http-wire.ts';
import { call } from '../support/client/messages.ts';
import { ALICE, start } from './http-service.ts';

const TIMES = { headersMs: 200, requestMs: 400, checkMs: 50 };
const HEAD = `Authorization: Bearer ${ALICE}\r\nContent-Type: application/json\r\n`;

async function startQuick() {
  const server = await start({ times: TIMES });
  const { port } = server;
  /** What a client gets that sends this, and then a byte now and then. */
  const answerTo = (bytes: string, drip = '') => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.write(bytes);
    const dripping = setInterval(() => socket.write(drip), 20);
    socket.once('close', () => clearInterval(dripping)).on('error', () => {});
    return text(socket).finally(() => socket.destroy());
  };
  return { server, answerTo, post: `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${HEAD}` };
}

test.each([
  ['says nothing', () => '', ''],
  ['sends half a header', (post: string) => post.slice(0, 30), ''],
  ['sends a header byte by byte', (post: string) => `${post}X-Slow: `, 'x'],
  ['sends half a body', (post: string) => `${post}Content-Length: 100\r\n\r\n{`, ''],
  ['sends a body byte by byte', (post: string) => `${post}Content-Length: 100000\r\n\r\n`, ' '],
  [
    'sends chunks without end',
    (post: string) => `${post}Transfer-Encoding: chunked\r\n\r\n`,
    '1\r\n \r\n',
  ],
])('a client that %s is cut off, and reads why unless it still sends', async (_, bytesOf, drip) => {
  const { answerTo, post } = await startQuick();
  const answer = await answerTo(bytesOf(post), drip).catch(({ code }) => code);
  expect(answer).toMatch(drip === '' ? /^HTTP\/1\.1 408 / : /^HTTP\/1\.1 408 |^ECONNRESET$/);
});

test('slow clients by the hundred keep nobody else from an answer, and no stream is taken for one', async () => {
  const { server, answerTo, post } = await startQuick();
  const session = await openSession(server);
  const { response } = await openStream(server, session);
  const slow = Array.from({ length: 300 }, () => answerTo(post));
  expect((await send(server, { session, body: call(1, 'whoami') })).status).toBe(200);
  for (const answer of await Promise.all(slow)) expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(response.destroyed).toBe(false);
});
