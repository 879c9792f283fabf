import { describe, expect, test } from 'vitest';
import { HTTP_SESSIONS_MAX, HTTP_SESSIONS_PER_PRINCIPAL_MAX } from '../../src/connection-limits.ts';
import { errorOf, open, openSession, openStream, send } from '../support/client/http-wire.ts';
import { call, INITIALIZE } from '../support/client/messages.ts';
import { ALICE, BOB, start } from './http-service.ts';

const INITIALIZED = { jsonrpc: '2.0', method: 'notifications/initialized' };

const alice = (mcpSessionId: string) => ({ principal: 'alice', mcpSessionId });

describe('when a principal has as many sessions open as it may,', () => {
  test('clients that come once and go without a word lock nobody out', async () => {
    const server = await start();
    const opened = await openMany(server, HTTP_SESSIONS_PER_PRINCIPAL_MAX + 5);
    expect(server.echo.closes).toEqual(opened.slice(0, 5).map(alice));
    const [gone, first] = [opened[4], opened[5]];
    const statusOf = async (session = '') =>
      (await send(server, { session, body: call(1, 'whoami') })).status;
    expect(await statusOf(gone)).toBe(404);
    expect(await statusOf(first)).toBe(200);
    expect(await statusOf(opened.at(-1))).toBe(200);
    await openSession(server);
    // Not the first, which is idle for the shortest time now.
    expect(server.echo.closes.at(-1)).toEqual(alice(opened[6] ?? ''));
  });

  test('the longest idle one makes way, whether it was ever used or not', async () => {
    const clock = { ms: 0 };
    const server = await start({ now: () => clock.ms });
    const use = (session: string) => send(server, { session, body: INITIALIZED });
    const [unused = '', used = '', late = ''] = await openMany(server, 3);
    await use(late);
    clock.ms = 1;
    await use(used);
    clock.ms = 2;
    await use(late);
    await openMany(server, HTTP_SESSIONS_PER_PRINCIPAL_MAX - 3);
    for (const longest of [unused, used, late]) {
      await openSession(server);
      expect(server.echo.closes.at(-1)).toEqual(alice(longest));
    }
  });

  test('one with a stream or a call under way never does', async () => {
    const server = await start();
    const busy = await openMany(server, HTTP_SESSIONS_PER_PRINCIPAL_MAX);
    const [streaming = '', ...calling] = busy;
    const { request } = await openStream(server, streaming);
    hang(server, calling);
    await server.echo.until(({ hanging }) => hanging.size === calling.length);
    await refused(server, ALICE);
    expect(server.echo.closes).toEqual([]);
    request.on('error', () => {}).destroy();
    await server.echo.until(({ absent }) => absent.has(streaming));
    await openSession(server);
    expect(server.echo.closes).toEqual([alice(streaming)]);
  });

  test('it is none of another principal, and no more are open in all than may be', async () => {
    const server = await start();
    const alices = await openMany(server, HTTP_SESSIONS_PER_PRINCIPAL_MAX);
    const bobs = await openMany(server, HTTP_SESSIONS_MAX - alices.length, BOB);
    const [idle = '', ...calling] = bobs;
    hang(server, calling, BOB);
    await server.echo.until(({ hanging }) => hanging.size === calling.length);
    const again = await openSession(server, BOB);
    expect(server.echo.closes).toEqual([{ principal: 'bob', mcpSessionId: idle }]);
    hang(server, [again], BOB);
    await server.echo.until(({ hanging }) => hanging.size === bobs.length);
    await refused(server, BOB);
    await send(server, { method: 'DELETE', session: alices[0] ?? '' });
    await openSession(server, BOB);
    expect(server.echo.closes.slice(1)).toEqual([alice(alices[0] ?? '')]);
  });

  type Server = Awaited<ReturnType<typeof start>>;

  let called = 0;

  /** One after the other, so that it is known which is idle for longer. */
  async function openMany(server: Server, count: number, token = ALICE): Promise<string[]> {
    const sessions = [];
    while (sessions.length < count) sessions.push(await openSession(server, token));
    expect(new Set(sessions).size).toBe(count);
    return sessions;
  }

  /** A call in each of them that is never answered, each with an id of its own. */
  function hang(server: Server, sessions: readonly string[], token = ALICE): void {
    for (const session of sessions) {
      called += 1;
      open(server, { token, session, body: call(called, 'hang') }).on('error', () => {});
    }
  }

  async function refused(server: Server, token: string): Promise<void> {
    const answer = await send(server, { token, body: INITIALIZE });
    expect(answer).toMatchObject({ status: 429, headers: { 'retry-after': '30' } });
    expect(errorOf(answer).message).toContain('LIMIT_EXCEEDED');
  }
});
