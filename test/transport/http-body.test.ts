import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, describe, expect, test } from 'vitest';
import { HTTP_BODIES_BYTES_MAX, MESSAGE_BYTES_MAX } from '../../src/connection-limits.ts';
import { MESSAGE_BOUNDS } from '../../src/json-shape.ts';
import { loggerTo } from '../../src/log.ts';
import { HttpLimits } from '../../src/transport/http/policy.ts';
import { HttpEndpoint } from '../../src/transport/http/request.ts';
import { HttpSessions } from '../../src/transport/http/sessions.ts';
import { messageOf, open, openSession, type Sent, send } from '../support/client/http-wire.ts';
import { call, INITIALIZE } from '../support/client/messages.ts';
import { seenBy } from './echo.ts';
import { ALICE, refusalOf, serve } from './http-service.ts';

const server = await serve();
afterAll(() => server.close());
const { port } = server;

const refusal = (sent: Sent) => refusalOf(server, sent);

describe('a body', () => {
  test.each([
    ...['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', ''].map((type) => ({
      'content-type': type,
    })),
    { 'content-encoding': 'gzip' },
  ])('with the headers %j, as browsers send it or compressed, is refused', async (headers) => {
    expect(await refusal({ headers, body: INITIALIZE })).toMatchObject({ status: 415 });
  });

  test('of JSON in another spelling of the type is served', async () => {
    const headers = { 'content-type': 'Application/JSON; charset=utf-8' };
    expect((await send(server, { headers, body: INITIALIZE })).status).toBe(200);
  });

  test('at the limit is served and one byte more is refused, announced or not', async () => {
    const session = await openSession(server);
    const bare = JSON.stringify(call(1, 'whoami', { text: '' })).length;
    const sized = (bytes: number) => call(1, 'whoami', { text: 'x'.repeat(bytes - bare) });
    const chunked = { 'transfer-encoding': 'chunked' };
    for (const headers of [{}, chunked]) {
      const fits = await send(server, { session, headers, body: sized(MESSAGE_BYTES_MAX) });
      expect(fits.status).toBe(200);
      expect(seenBy(messageOf(fits).result).echo).toMatchObject({ text: expect.any(String) });
      expect(await refusal({ session, headers, body: sized(MESSAGE_BYTES_MAX + 1) })).toMatchObject(
        {
          status: 413,
        },
      );
    }
  });

  test('that is refused is refused in words, also where the client closes the connection behind it', async () => {
    const body = Buffer.alloc(MESSAGE_BYTES_MAX + 1, 'x');
    for (const sent of [{ body }, { body, token: null }, { body, path: '/nothing' }]) {
      const headers = { connection: 'close', 'content-type': 'application/json' };
      const { status } = await refusal({ ...sent, headers });
      expect([413, 401, 404]).toContain(status);
    }
  });

  test('that is announced as too large is refused before it comes', async () => {
    const headers = {
      'content-type': 'application/json',
      'content-length': String(MESSAGE_BYTES_MAX + 1),
    };
    const request = open(server, { headers, body: '{' });
    const [response] = await once(request, 'response');
    expect(response.statusCode).toBe(413);
    request.on('error', () => {}).destroy();
  });

  test('without an end is answered and then cut', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.write(
      `POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${ALICE}\r\n` +
        'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    const pump = () => {
      while (socket.writable && socket.write(chunk));
    };
    socket.on('drain', pump);
    socket.on('error', () => socket.destroy());
    pump();
    let seen = '';
    socket.on('data', (data) => {
      seen += data;
    });
    await new Promise((resolve) => socket.once('close', resolve));
    expect(seen).toMatch(/^HTTP\/1\.1 413 /);
  });

  test.each(['{', '', 'no', Buffer.from('{"a":"\xff"}', 'latin1'), '{"a":1}{"b":2}'])(
    '%j, which is no JSON, is a parse error',
    async (body) => {
      expect(
        await refusal({ headers: { 'content-type': 'application/json' }, body }),
      ).toMatchObject({ status: 400, code: -32_700 });
    },
  );

  test.each([
    ['a number', 5],
    ['null', 'null'],
    ['an object that is no message', { hello: 1 }],
    ['another version of JSON-RPC', { ...INITIALIZE, jsonrpc: '1.0' }],
    ['an id that is no id', { ...INITIALIZE, id: { a: 1 } }],
  ])('with %s is no valid request', async (_, body) => {
    expect(await refusal({ body })).toMatchObject({ status: 400, code: -32_600 });
  });

  test.each([[[INITIALIZE]], [[]]])('that is the batch %j is refused as a batch', async (body) => {
    const message = expect.stringContaining('batches');
    expect(await refusal({ body })).toMatchObject({ status: 400, code: -32_600, message });
  });

  test('as deep and as wide as allowed is served, one more is not', async () => {
    const served = [nested(MESSAGE_BOUNDS.depthMax), wide(MESSAGE_BOUNDS.elementsMax)];
    for (const body of served) expect((await send(server, { body })).status).toBe(200);
    const refused = [
      nested(MESSAGE_BOUNDS.depthMax + 1),
      wide(MESSAGE_BOUNDS.elementsMax + 1),
      wide(1_000_000),
    ];
    for (const body of refused) {
      expect(await refusal({ body })).toMatchObject({
        status: 400,
        code: -32_600,
        message: expect.stringMatching(/nested deeper than 128 levels|more than 40000 elements/),
      });
    }
  });

  test('is refused while others hold all that may come in at once, and served when they are gone', async () => {
    const held = MESSAGE_BYTES_MAX - 1;
    const sending = Array.from({ length: HTTP_BODIES_BYTES_MAX / MESSAGE_BYTES_MAX }, () => {
      const headers = { 'content-type': 'application/json', 'content-length': String(held + 1) };
      return open(server, { headers, body: Buffer.alloc(held, ' ') }).on('error', () => {});
    });
    const large = { ...INITIALIZE, params: { ...INITIALIZE.params, extra: 'x'.repeat(100) } };
    // Until all of them have come that far, one more may still be served.
    const answers: number[] = [];
    while (answers.at(-1) !== 429) answers.push((await send(server, { body: large })).status);
    for (const request of sending) request.destroy();
    while (answers.at(-1) !== 200) answers.push((await send(server, { body: large })).status);
    expect(new Set(answers)).toEqual(new Set([200, 429]));
  });

  test('of which the client sends only a part is dropped without a word', async () => {
    const lines: string[] = [];
    const log = loggerTo({ write: (line) => void lines.push(line) }, 'debug');
    const ending = new AbortController();
    const { signal } = ending;
    const now = () => 0;
    const parts = { connections: server.echo, log, now, newId: randomUUID, ending: signal };
    const endpoint = new HttpEndpoint({
      guard: () => {},
      authenticate: () => 'alice',
      sessions: new HttpSessions(parts),
      modern: undefined,
      routes: [],
      challenge: 'Bearer',
      limits: new HttpLimits({ rateLimit: 1, now }),
      log,
      ending,
    });
    const bare = createServer().listen(0, '127.0.0.1');
    await once(bare, 'listening');
    const { port } = bare.address() as AddressInfo;
    const headers = { 'content-type': 'application/json', 'content-length': '1000' };
    const sending = open({ port }, { headers, body: '{' }).on('error', () => {});
    const [request, response] = await once(bare, 'request');
    const answered = endpoint.answer(request, response);
    sending.destroy();
    await answered;
    expect(lines).toEqual([]);
    bare.close();
  });
});

const initializeWith = (extra: unknown) => ({
  ...INITIALIZE,
  params: { ...INITIALIZE.params, extra },
});

/** An `initialize` of this many levels in all. */
function nested(levels: number): object {
  let value: unknown = [];
  for (let level = 3; level < levels; level += 1) value = [value];
  return initializeWith(value);
}

/** An `initialize` of this many elements and members in all. */
function wide(elements: number): object {
  // Message, params, capabilities and clientInfo hold 4, 4, 1 and 2.
  return initializeWith(Array(elements - 11).fill(0));
}
