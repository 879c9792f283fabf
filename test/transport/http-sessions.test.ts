import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, test, vi } from 'vitest';
import {
  HTTP_SESSION_IDLE_MS,
  HTTP_SESSION_UNUSED_MS,
  HTTP_SWEEP_MS,
} from '../../src/connection-limits.ts';
import {
  type Answer,
  errorOf,
  messageOf,
  open,
  openSession,
  openStream,
  send,
} from '../support/client/http-wire.ts';
import { call, INITIALIZE } from '../support/client/messages.ts';
import { collectGarbage } from '../support/garbage.ts';
import { seenBy } from './echo.ts';
import { BOB, start, startSession } from './http-service.ts';

const UNKNOWN = 'e0f0ed3f-8d35-4b0f-9c0e-000000000000';

const INITIALIZED = { jsonrpc: '2.0', method: 'notifications/initialized' };

const alice = (mcpSessionId: string) => ({ principal: 'alice', mcpSessionId });

/** Everything the client can see, apart from the time. */
const bytesOf = ({ status, headers, text }: Answer) => ({
  status,
  headers: { ...headers, date: undefined },
  text,
});

describe('a session', () => {
  test('is opened by initialize, under an id that the tools see too', async () => {
    const { server, session } = await startSession();
    expect(server.echo.opens).toEqual([alice(session)]);
    const answer = await send(server, { session, body: call(1, 'whoami', { a: 1 }) });
    expect(seenBy(messageOf(answer).result)).toEqual({
      ...alice(session),
      contextSessionId: session,
      echo: { a: 1 },
    });
  });

  test('is not opened by anything else', async () => {
    const server = await start();
    const refused = [
      send(server, { body: call(1, 'whoami') }),
      send(server, { body: { jsonrpc: '2.0', method: 'initialize', params: INITIALIZE.params } }),
      send(server, { method: 'GET' }),
      send(server, { method: 'DELETE' }),
      send(server, { session: '', body: call(1, 'whoami') }),
    ];
    for (const answer of await Promise.all(refused)) {
      expect([answer.status, errorOf(answer).code]).toEqual([400, -32_000]);
      expect(answer.headers).not.toHaveProperty('mcp-session-id');
    }
    expect(server.echo.servers).toEqual([]);
  });

  test('is not opened by an initialize that is wrong, which is told so by its id', async () => {
    const server = await start();
    const body = { ...INITIALIZE, id: 'first', params: { protocolVersion: '2025-11-25' } };
    const answer = await send(server, { body });
    expect(answer.status).toBe(400);
    expect(errorOf(answer)).toMatchObject({ code: -32_602, id: 'first' });
    expect(server.echo.servers).toEqual([]);
  });

  test('that could not be opened leaves nothing and is never told of', async () => {
    const server = await start();
    const answer = await send(server, { headers: { accept: 'text/html' }, body: INITIALIZE });
    expect(answer.status).toBe(406);
    expect(server.echo.servers.map(({ transport }) => transport)).toEqual([undefined]);
    expect([server.echo.opens, server.echo.closes]).toEqual([[], []]);
  });

  test('is not opened a second time under its id, nor under one the client chose', async () => {
    const { server, session } = await startSession();
    expect((await send(server, { session, body: INITIALIZE })).status).toBe(400);
    const chosen = await send(server, { session: 'my-own-choice', body: INITIALIZE });
    expect([chosen.status, errorOf(chosen).code]).toEqual([404, -32_001]);
    expect(server.echo.opens).toEqual([alice(session)]);
  });

  test('of another principal answers byte for byte like one that never was', async () => {
    const { server, session } = await startSession();
    const { response } = await openStream(server, session);
    for (const method of ['POST', 'GET', 'DELETE']) {
      const body = method === 'POST' ? { body: call(7, 'whoami') } : {};
      const foreign = await send(server, { method, token: BOB, session, ...body });
      const unknown = await send(server, { method, token: BOB, session: UNKNOWN, ...body });
      expect([foreign.status, errorOf(foreign).code]).toEqual([404, -32_001]);
      expect(bytesOf(foreign)).toEqual(bytesOf(unknown));
    }
    expect([response.readableEnded, server.echo.closes]).toEqual([false, []]);
    expect((await send(server, { session, body: call(8, 'whoami') })).status).toBe(200);
  });

  test('ends by DELETE, once, and is unknown from then on', async () => {
    const { server, session } = await startSession();
    const { response } = await openStream(server, session);
    const hanging = open(server, { session, body: call(1, 'hang') });
    const cut = once(hanging, 'close');
    await server.echo.until(({ hanging }) => hanging.size === 1);
    const ended = await Promise.all([
      send(server, { method: 'DELETE', session }),
      send(server, { method: 'DELETE', session }),
    ]);
    expect(ended.map(({ status }) => status)).toEqual([200, 404]);
    expect(await text(response)).toBe('');
    await server.echo.until(({ hanging }) => hanging.size === 0);
    await cut;
    const after = await send(server, { session, body: call(2, 'whoami') });
    const unknown = await send(server, { session: UNKNOWN, body: call(2, 'whoami') });
    expect(bytesOf(after)).toEqual(bytesOf(unknown));
    await server.close();
    expect(server.echo.closes).toEqual([alice(session)]);
  });

  test('has one stream of its own, which carries what the server says unasked', async () => {
    const { server, session } = await startSession();
    const { response, request } = await openStream(server, session);
    expect((await send(server, { method: 'GET', session })).status).toBe(409);
    await server.echo.servers[0]?.sendToolListChanged();
    const [chunk] = await once(response, 'data');
    expect(String(chunk)).toContain('notifications/tools/list_changed');
    request.destroy();
  });
});

test('nothing of a session that ended stays in memory', async () => {
  let now = 0;
  const server = await start({ now: () => now });
  const sessions = await Promise.all(Array.from({ length: 10 }, () => openSession(server)));
  const { response } = await openStream(server, String(sessions[0]));
  response.resume();
  const seen = server.echo.servers.splice(0).map((each) => new WeakRef(each));
  for (const [index, session] of sessions.entries()) {
    await send(server, { session, body: call(1, 'whoami') });
    if (index < 5) await send(server, { method: 'DELETE', session });
  }
  now += HTTP_SESSION_IDLE_MS;
  // Node keeps the last request of a connection.
  await send(server, { session: UNKNOWN, body: call(1, 'whoami') });
  await collectGarbage();
  expect(server.echo.closes).toHaveLength(10);
  expect(seen.filter((each) => each.deref() !== undefined)).toHaveLength(0);
});

describe('an idle session', () => {
  async function startWithClock() {
    const clock = { ms: 1000 };
    const { server, session } = await startSession({ now: () => clock.ms });
    await send(server, { session, body: INITIALIZED });
    return { clock, server, session };
  }

  test('in which nothing followed its opening ends much sooner', async () => {
    const { clock, server, session } = await startWithClock();
    const unused = await openSession(server);
    clock.ms += HTTP_SESSION_UNUSED_MS - 1;
    await send(server, { session, body: call(1, 'whoami') });
    expect(server.echo.closes).toEqual([]);
    clock.ms += 1;
    expect((await send(server, { session, body: call(2, 'whoami') })).status).toBe(200);
    expect(server.echo.closes).toEqual([alice(unused)]);
  });

  test('ends after the idle time and not before', async () => {
    const { clock, server, session } = await startWithClock();
    clock.ms += HTTP_SESSION_IDLE_MS - 1;
    expect((await send(server, { session, body: call(1, 'whoami') })).status).toBe(200);
    clock.ms += HTTP_SESSION_IDLE_MS;
    expect((await send(server, { session, body: call(2, 'whoami') })).status).toBe(404);
    expect(server.echo.closes).toEqual([alice(session)]);
  });

  test('ends by itself, with nobody asking', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const { clock, server, session } = await startWithClock();
      clock.ms += HTTP_SESSION_IDLE_MS;
      vi.advanceTimersByTime(HTTP_SWEEP_MS);
      expect(server.echo.closes).toEqual([alice(session)]);
    } finally {
      vi.useRealTimers();
    }
  });

  test('is not one with an open stream or a call under way', async () => {
    const { clock, server, session } = await startWithClock();
    const other = await openSession(server);
    await send(server, { session: other, body: INITIALIZED });
    const { request, response } = await openStream(server, session);
    const hanging = open(server, { session: other, body: call(1, 'hang') });
    await server.echo.until(({ hanging }) => hanging.size === 1);
    expect((await send(server, { session, body: call(2, 'whoami') })).status).toBe(200);
    clock.ms += 10 * HTTP_SESSION_IDLE_MS;
    await send(server, { session: UNKNOWN, body: call(3, 'whoami') });
    expect(server.echo.closes).toEqual([]);
    const gone = new Promise((resolve) => response.once('close', resolve));
    for (const each of [request, hanging]) each.on('error', () => {}).destroy();
    await gone;
    await ended(server, () => {
      clock.ms += HTTP_SESSION_IDLE_MS;
    });
    expect(server.echo.closes).toEqual(expect.arrayContaining([alice(session), alice(other)]));
  });

  /** Lets time pass until the sessions of clients that left are ended. */
  async function ended(server: Awaited<ReturnType<typeof start>>, pass: () => void) {
    while (server.echo.closes.length < 2) {
      pass();
      await send(server, { session: UNKNOWN, body: call(1, 'whoami') });
    }
  }
});

test('the end of a session that cannot be reported is logged, and ends nothing else', async () => {
  let now = 0;
  const { server, session } = await startSession({ now: () => now });
  server.echo.failNextClose();
  now += HTTP_SESSION_IDLE_MS;
  const other = await openSession(server);
  expect((await send(server, { session, body: call(1, 'whoami') })).status).toBe(404);
  expect((await send(server, { session: other, body: call(1, 'whoami') })).status).toBe(200);
  expect(server.logged()).toContain('the end cannot be reported');
});
