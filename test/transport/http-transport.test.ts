import { on, once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { HTTP_STREAM_BEHIND_BYTES_MAX } from '../../src/connection-limits.ts';
import {
  errorOf,
  messageOf,
  open,
  openSession,
  openStream,
  send,
} from '../support/client/http-wire.ts';
import { call } from '../support/client/messages.ts';
import { type Running, start, startSession } from './http-service.ts';

const cancelled = (requestId: unknown) => ({
  jsonrpc: '2.0',
  method: 'notifications/cancelled',
  params: { requestId },
});

async function hanging(server: Running, session: string, id: number) {
  const request = open(server, { session, body: call(id, 'hang') });
  await server.echo.until(({ hanging }) => hanging.has(String(id)));
  return request;
}

describe('the id of a request', () => {
  test('is refused while another request runs under it, and that one goes on', async () => {
    const { server, session } = await startSession();
    const first = await hanging(server, session, 7);
    const second = await send(server, { session, body: call(7, 'whoami') });
    expect([second.status, errorOf(second)]).toMatchObject([400, { code: -32_600, id: 7 }]);
    const other = await send(server, { session, body: { ...call(7, 'whoami'), id: '7' } });
    expect(messageOf(other).id).toBe('7');
    expect(server.echo.hanging.size).toBe(1);
    first.on('error', () => {}).destroy();
  });

  test('is refused also when the client of the first has gone, as its answer is still to come', async () => {
    const { server, session } = await startSession();
    const first = await hanging(server, session, 7);
    first.on('error', () => {}).destroy();
    await server.echo.until(({ absent }) => absent.has(session));
    expect((await send(server, { session, body: call(7, 'whoami') })).status).toBe(400);
  });

  test('is free again after the answer, and after a refusal', async () => {
    const { server, session } = await startSession();
    const headers = { 'mcp-protocol-version': '1999-01-01' };
    expect((await send(server, { session, headers, body: call(7, 'whoami') })).status).toBe(400);
    for (const _ of [1, 2]) {
      expect((await send(server, { session, body: call(7, 'whoami') })).status).toBe(200);
    }
  });

  test('is free again after the call was cancelled, whose request ends without an answer', async () => {
    const { server, session } = await startSession();
    const first = await hanging(server, session, 7);
    const [response] = await Promise.all([
      once(first, 'response'),
      send(server, { session, body: cancelled(7) }),
    ]);
    response[0].setEncoding('utf8');
    const chunks = await response[0].toArray();
    expect(chunks.join('')).not.toContain('jsonrpc');
    await server.echo.until(({ hanging }) => hanging.size === 0);
    expect(messageOf(await send(server, { session, body: call(7, 'whoami') })).id).toBe(7);
  });

  test.each([8, '7', null, {}, undefined])('is not freed by a cancellation of %j', async (id) => {
    const { server, session } = await startSession();
    await hanging(server, session, 7);
    await send(server, { session, body: cancelled(id) });
    expect((await send(server, { session, body: call(7, 'whoami') })).status).toBe(400);
    expect(server.echo.hanging.size).toBe(1);
  });

  test('is not given up by another session', async () => {
    const server = await start();
    const [session, other] = [await openSession(server), await openSession(server)];
    await hanging(server, session, 7);
    await send(server, { session: other, body: cancelled(7) });
    expect(server.echo.hanging.size).toBe(1);
  });
});

/** Reads so many bytes at least. */
async function arrived(chunks: AsyncIterator<Buffer[]>, bytes: number): Promise<void> {
  for (let seen = 0; seen < bytes; ) seen += (await chunks.next()).value[0].length;
}

test('a client that does not read its stream is cut off when too much waits for it, and no other', async () => {
  const server = await start();
  const [session, other] = [await openSession(server), await openSession(server)];
  const [deaf, good] = [await openStream(server, session), await openStream(server, other)];
  deaf.response.on('error', () => {}).pause();
  const closed = new Promise((resolve) => deaf.response.once('close', resolve));
  const [mcp, mcpOfOther] = server.echo.servers;
  const note = { level: 'info', data: 'x'.repeat(HTTP_STREAM_BEHIND_BYTES_MAX / 4) } as const;
  const notify = { method: 'notifications/message', params: note } as const;
  const data = on(good.response, 'data');
  let sent = 0;
  // Kernel buffers take some of it; what is sent to a stream that was cut goes nowhere.
  while (!server.echo.absent.has(session) && sent < 1000) {
    await mcp?.notification(notify);
    await mcpOfOther?.notification(notify);
    await arrived(data, note.data.length);
    sent += 1;
  }
  expect(sent).toBeLessThan(1000);
  deaf.response.resume();
  await closed;
  expect(good.response.destroyed).toBe(false);
});
