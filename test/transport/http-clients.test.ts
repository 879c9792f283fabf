import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { errorOf, send } from '../support/client/http-wire.ts';
import { modernCall } from '../support/client/messages.ts';
import { type Seen, seenBy } from './echo.ts';
import { ALICE, BOB, type Running, start, startSession } from './http-service.ts';

const INFO = { name: 'test', version: '1.0.0' };

type Connected = {
  /** What the client itself holds as its session id. */
  sessionId: () => string | undefined;
  whoami: (args?: Record<string, unknown>) => Promise<Seen>;
  end: () => Promise<void>;
};

async function connectV1(server: Running, token = ALICE): Promise<Connected> {
  const transport = new TransportV1(new URL(server.url), optionsFor(token));
  const client = new ClientV1(INFO);
  await client.connect(transport);
  onTestFinished(() => client.close());
  return {
    sessionId: () => transport.sessionId,
    whoami: async (args = {}) => seenBy(await client.callTool({ name: 'whoami', arguments: args })),
    end: () => transport.terminateSession(),
  };
}

async function connectV2(server: Running, mode: 'auto' | 'legacy', token = ALICE) {
  const transport = new StreamableHTTPClientTransport(new URL(server.url), optionsFor(token));
  const client = new Client(INFO, { versionNegotiation: { mode } });
  await client.connect(transport);
  onTestFinished(() => client.close());
  return {
    client,
    sessionId: () => transport.sessionId,
    whoami: async (args = {}) => seenBy(await client.callTool({ name: 'whoami', arguments: args })),
    end: () => transport.terminateSession(),
  };
}

const optionsFor = (token: string) => ({
  requestInit: { headers: { authorization: `Bearer ${token}` } },
});

describe('in the mode sessions', () => {
  test.each([
    ['the v1 client', (server: Running) => connectV1(server)],
    ['the v2 client of 2025', (server: Running) => connectV2(server, 'legacy')],
    [
      'the v2 client that asks for the newest revision first',
      (server: Running) => connectV2(server, 'auto'),
    ],
  ])('%s has the session that the tools see, until it ends it', async (_, connect) => {
    const server = await start();
    const client = await connect(server);
    const id = client.sessionId();
    expect(await client.whoami({ n: 1 })).toEqual({
      principal: 'alice',
      mcpSessionId: id,
      contextSessionId: id,
      echo: { n: 1 },
    });
    expect(server.echo.opens).toEqual([{ principal: 'alice', mcpSessionId: id }]);
    await client.end();
    expect(server.echo.closes).toEqual(server.echo.opens);
  });

  test('many clients at once each see themselves, though all count their requests alike', async () => {
    const server = await start();
    const connecting = Array.from({ length: 20 }, (_, index) => {
      const token = index % 2 === 0 ? ALICE : BOB;
      return index % 4 < 2 ? connectV1(server, token) : connectV2(server, 'auto', token);
    });
    const clients = await Promise.all(connecting);
    const calls = clients.flatMap((client, index) =>
      Array.from({ length: 20 }, async (_, n) => ({
        client,
        index,
        n,
        seen: await client.whoami({ index, n }),
      })),
    );
    for (const { client, index, n, seen } of await Promise.all(calls)) {
      expect(seen).toMatchObject({
        principal: index % 2 === 0 ? 'alice' : 'bob',
        mcpSessionId: client.sessionId(),
        echo: { index, n },
      });
    }
    expect(new Set(clients.map((client) => client.sessionId())).size).toBe(20);
  });
});

describe('in the mode dual', () => {
  test('a client of the newest revision has no session and acts as its principal', async () => {
    const server = await start({ mode: 'dual' });
    const clients = [await connectV2(server, 'auto'), await connectV2(server, 'auto', BOB)];
    const seen = await Promise.all(clients.map((client) => client.whoami({ n: 2 })));
    expect(seen).toEqual([
      { principal: 'alice', mcpSessionId: null, echo: { n: 2 } },
      { principal: 'bob', mcpSessionId: null, echo: { n: 2 } },
    ]);
    expect(clients.map((client) => client.sessionId())).toEqual([undefined, undefined]);
    expect(clients[0]?.client.getNegotiatedProtocolVersion()).toBe('2026-07-28');
    expect(server.echo.opens).toEqual([]);
  });

  test('older clients have their sessions beside it', async () => {
    const server = await start({ mode: 'dual' });
    const clients = [await connectV1(server), await connectV2(server, 'legacy', BOB)];
    for (const client of clients) {
      expect((await client.whoami()).mcpSessionId).toBe(client.sessionId());
    }
    expect(server.echo.opens.map(({ principal }) => principal)).toEqual(['alice', 'bob']);
  });

  test('a session id beside a request of the newest revision opens nobody else’s session', async () => {
    const { server, session } = await startSession({ mode: 'dual' });
    const answer = await send(server, { token: BOB, session, ...modernCall('whoami') });
    const { result } = JSON.parse(answer.text);
    expect(seenBy(result)).toMatchObject({ principal: 'bob', mcpSessionId: null });
  });

  test('headers that disagree with the body are refused by the newest revision’s own rules', async () => {
    const server = await start({ mode: 'dual' });
    const answer = await send(server, modernCall('whoami', { 'mcp-name': 'other' }));
    expect([answer.status, errorOf(answer).code]).toEqual([400, -32_020]);
  });

  test('a foreign Origin, a missing token and a wrong type are refused for both', async () => {
    const server = await start({ mode: 'dual' });
    const statuses = await Promise.all([
      send(server, modernCall('whoami', { origin: 'https://evil.example' })),
      send(server, { ...modernCall('whoami'), token: null }),
      send(server, modernCall('whoami', { 'content-type': 'text/plain' })),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([403, 401, 415]);
  });

  test('closing the server ends calls of the newest revision too', async () => {
    const server = await start({ mode: 'dual' });
    const { client } = await connectV2(server, 'auto');
    const hanging = client.callTool({ name: 'hang' });
    const outcome = expect(hanging).rejects.toThrow();
    await server.echo.until(({ hanging }) => hanging.size === 1);
    await server.close();
    await outcome;
    expect(server.echo.hanging.size).toBe(0);
  });

  test('a call of the newest revision that waits is answered when the server closes', async () => {
    const server = await start({ mode: 'dual' });
    const { client } = await connectV2(server, 'auto');
    const waiting = client.callTool({ name: 'last' });
    await server.echo.until(({ hanging }) => hanging.size === 1);
    await server.close();
    expect(seenBy(await waiting)).toMatchObject({ principal: 'alice' });
  });

  test('a client that closes its request of the newest revision cancels it', async () => {
    const server = await start({ mode: 'dual' });
    const { client } = await connectV2(server, 'auto');
    const controller = new AbortController();
    const hanging = client.callTool({ name: 'hang' }, { signal: controller.signal });
    const outcome = expect(hanging).rejects.toThrow();
    await server.echo.until(({ hanging }) => hanging.size === 1);
    controller.abort();
    await outcome;
    await server.echo.until(({ hanging }) => hanging.size === 0);
  });
});
