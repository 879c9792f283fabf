import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { messageOf, open, openStream, send } from '../support/client/http-wire.ts';
import { call, INITIALIZE } from '../support/client/messages.ts';
import { seenBy } from './echo.ts';
import { start, startSession } from './http-service.ts';

describe('closing the server', () => {
  test('ends streams, calls and sessions, and every connection', async () => {
    const { server, session } = await startSession();
    const { response } = await openStream(server, session);
    const hanging = open(server, { session, body: call(1, 'hang') });
    await server.echo.until(({ hanging }) => hanging.size === 1);
    const [closed, streamed] = await Promise.all([server.close(), text(response)]);
    expect([closed, streamed, server.echo.hanging.size]).toEqual([undefined, '', 0]);
    expect(server.echo.closes).toEqual([{ principal: 'alice', mcpSessionId: session }]);
    hanging.on('error', () => {});
    await expect(send(server, { body: INITIALIZE })).rejects.toHaveProperty(
      'code',
      expect.stringMatching('ECONN'),
    );
  });

  test('answers the calls under way', async () => {
    const { server, session } = await startSession();
    const waiting = send(server, { session, body: call(1, 'wait') });
    const last = send(server, { session, body: call(2, 'last') });
    await server.echo.until(({ hanging }) => hanging.size === 1);
    const closing = server.close();
    const seen = { principal: 'alice', mcpSessionId: session };
    expect(seenBy(messageOf(await last).result)).toMatchObject(seen);
    server.echo.release();
    expect(seenBy(messageOf(await waiting).result)).toMatchObject(seen);
    await closing;
    expect(server.echo.closes).toEqual([seen]);
  });

  test('does not wait for a client that never finishes its request', async () => {
    const server = await start();
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\n{');
    const gone = once(socket.resume(), 'close');
    await server.close();
    await gone;
  });

  test('opens no session for an initialize whose last byte comes too late', async () => {
    const asked = new EventEmitter();
    const authenticate = () => {
      asked.emit('asked');
      return 'alice';
    };
    const server = await start({ authenticate });
    const reading = once(asked, 'asked');
    const socket = connect(server.port, '127.0.0.1');
    const body = JSON.stringify(INITIALIZE);
    socket.write(
      `POST /mcp HTTP/1.1\r\nHost: localhost:${server.port}\r\nContent-Type: application/json\r\n` +
        `Accept: application/json, text/event-stream\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    await reading;
    const closing = server.close();
    socket.write(body);
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 503 /);
    await closing;
    expect(server.echo.servers).toEqual([]);
  });

  test('twice is fine', async () => {
    const server = await start();
    await Promise.all([server.close(), server.close()]);
  });
});
