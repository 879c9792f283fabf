import { afterAll, describe, expect, test } from 'vitest';
import { parseTokenFile, principalOf } from '../../src/transport/http/identity.ts';
import type { Route } from '../../src/transport/http/routes.ts';
import { errorOf, openSession, type Sent, send, sendBytes } from '../support/client/http-wire.ts';
import { call, INITIALIZE } from '../support/client/messages.ts';
import { ALICE, BOB, refusalOf, serve, start } from './http-service.ts';

const server = await serve();
afterAll(() => server.close());
const { port } = server;

const refusal = (sent: Sent) => refusalOf(server, sent);

describe('the Host header', () => {
  test.each([`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`])(
    'may be %s',
    async (host) => {
      expect((await send(server, { headers: { host }, body: INITIALIZE })).status).toBe(200);
    },
  );

  test.each([
    'evil.example',
    `evil.example:${port}`,
    '127.0.0.1',
    `127.0.0.1:${port + 1}`,
    `localhost.evil.example:${port}`,
    `user@127.0.0.1:${port}`,
    `127.0.0.1:${port}@evil.example`,
    `0.0.0.0:${port}`,
    `localhost.:${port}`,
  ])('may not be %s', async (host) => {
    for (const path of ['/mcp', '/healthz', '/']) {
      expect(await refusal({ path, headers: { host }, body: INITIALIZE })).toHaveProperty(
        'status',
        403,
      );
    }
  });

  test('may not be missing, nor stand there twice', async () => {
    const good = `Host: 127.0.0.1:${port}\r\n`;
    for (const request of [
      'GET /healthz HTTP/1.0\r\n\r\n',
      'GET /healthz HTTP/1.1\r\n\r\n',
      `GET /healthz HTTP/1.1\r\n${good}Host: evil.example\r\n\r\n`,
      `GET /healthz HTTP/1.1\r\n${good}${good}\r\n`,
    ]) {
      expect(await sendBytes(server, request)).toMatch(/^HTTP\/1\.1 400 [\s\S]*exactly one Host/);
    }
  });
});

describe('the Origin header', () => {
  test.each([`http://127.0.0.1:${port}`, `http://localhost:${port}`, `http://[::1]:${port}`])(
    'may be %s',
    async (origin) => {
      expect((await send(server, { headers: { origin }, body: INITIALIZE })).status).toBe(200);
    },
  );

  test.each([
    'https://evil.example',
    'null',
    '',
    `http://localhost:${port + 1}`,
    'http://localhost',
    `https://localhost:${port}`,
    `http://localhost:${port}.evil.example`,
    `http://localhost:${port}/`,
  ])('may not be %j, in no method and with a good token', async (origin) => {
    for (const method of ['POST', 'GET', 'DELETE', 'OPTIONS']) {
      const sent = { method, headers: { origin }, ...(method === 'POST' && { body: INITIALIZE }) };
      expect(await refusal(sent)).toMatchObject({ status: 403 });
    }
  });

  test('may be one of the allow list, as may the Host', async () => {
    const open = await start({
      allowedOrigins: ['https://mcp.example'],
      allowedHosts: ['MCP.example'],
    });
    const headers = { origin: 'https://mcp.example', host: 'mcp.example' };
    expect((await send(open, { headers, body: INITIALIZE })).status).toBe(200);
    headers.origin = 'https://mcp.example:8443';
    expect((await send(open, { headers, body: INITIALIZE })).status).toBe(403);
  });
});

describe('paths and methods', () => {
  test.each(['/', '/mcp/', '/MCP', '//mcp', '/mcp/../mcp', '/.env', '/healthz/x'])(
    '%s is not there',
    async (path) => {
      expect(await refusal({ path, body: INITIALIZE })).toMatchObject({ status: 404 });
    },
  );

  test.each(['PUT', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND'])(
    '%s is not allowed, before anybody is asked for a token',
    async (method) => {
      const { status, headers } = await send(server, { method, token: null });
      expect([status, headers.allow]).toEqual([405, 'GET, POST, DELETE']);
    },
  );

  test('a full URL as the request target does not slip by', async () => {
    expect(
      await sendBytes(
        server,
        `GET http://evil.example/mcp HTTP/1.0\r\nHost: 127.0.0.1:${port}\r\n\r\n`,
      ),
    ).toMatch(/^HTTP\/1\.1 404 /);
  });

  test('health needs no token and tells nothing more', async () => {
    const { status, text } = await send(server, { method: 'GET', path: '/healthz', token: null });
    expect([status, text]).toEqual([200, '{"status":"ok"}']);
    expect(await refusal({ method: 'POST', path: '/healthz' })).toMatchObject({ status: 405 });
  });
});

describe('a route beside MCP', () => {
  const answer: Route['answer'] = (_request, response) => void response.end('counts');

  test('asks for a token and for its methods, unless it is public', async () => {
    const routes = [true, false].map((isPublic) => {
      return { path: isPublic ? '/open' : '/closed', methods: ['GET'], isPublic, answer };
    });
    const live = await start({ routes });
    const status = async (path: string, sent: Sent = {}) =>
      (await send(live, { method: 'GET', path, token: null, ...sent })).status;
    expect(await status('/open')).toBe(200);
    expect(await status('/closed')).toBe(401);
    expect(await status('/closed', { token: BOB })).toBe(200);
    expect(await status('/closed', { token: BOB, method: 'DELETE' })).toBe(405);
    expect(await status('/open', { headers: { host: 'evil.example' } })).toBe(403);
  });

  test('that fails is answered without its reason', async () => {
    const fails = () => Promise.reject(new Error('secret'));
    const route = { path: '/open', methods: ['GET'], isPublic: true, answer: fails };
    const live = await start({ routes: [route] });
    const { status, text } = await send(live, { method: 'GET', path: '/open' });
    expect([status, text.includes('secret')]).toEqual([500, false]);
  });
});

describe('a token', () => {
  test.each([
    ['missing', {}],
    ['unknown', { authorization: 'Bearer not-a-token-of-anybody' }],
    ['of another scheme', { authorization: `Basic ${ALICE}` }],
    ['in another header', { 'x-api-key': ALICE, cookie: `token=${ALICE}` }],
  ])('that is %s is answered 401 with the scheme to use', async (_, headers) => {
    const { status, answer } = await refusal({ token: null, headers, body: INITIALIZE });
    expect([status, answer.headers['www-authenticate']]).toEqual([401, 'Bearer']);
  });

  test('in the query is not looked at', async () => {
    const sent = {
      path: `/mcp?access_token=${ALICE}&token=${ALICE}`,
      token: null,
      body: INITIALIZE,
    };
    expect(await refusal(sent)).toMatchObject({ status: 401 });
  });

  test('is asked for in every method, whatever session is named', async () => {
    const session = await openSession(server);
    for (const method of ['GET', 'POST', 'DELETE']) {
      expect(await refusal({ method, token: null, session })).toMatchObject({ status: 401 });
    }
  });

  test('is asked for on every request, so that a revoked one opens nothing more', async () => {
    let tokens = parseTokenFile(`a:${ALICE}\nb:${BOB}`);
    const live = await start({ authenticate: (header) => principalOf(header, tokens) });
    const session = await openSession(live);
    tokens = parseTokenFile(`b:${BOB}`);
    expect((await send(live, { session, body: call(1, 'whoami') })).status).toBe(401);
  });

  test('never reaches the log', async () => {
    const live = await start();
    await refusalOf(live, { token: `${BOB}-wrong`, body: INITIALIZE });
    await send(live, { token: ALICE, body: INITIALIZE });
    expect(live.logged()).toContain('a valid bearer token is required');
    expect(live.logged()).not.toMatch(new RegExp(`${ALICE}|${BOB}`));
  });
});

test('headers larger than 16 KiB are refused', async () => {
  expect(
    await sendBytes(server, `GET /mcp HTTP/1.1\r\nHost: x\r\nx: ${'y'.repeat(16_400)}\r\n\r\n`),
  ).toMatch(/^HTTP\/1\.1 431 /);
});

test('an address that is taken is named, with what to do', async () => {
  await expect(start({ port })).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: `cannot listen on 127.0.0.1:${port}: EADDRINUSE`,
  });
});

test('a defect is answered without its text, and logged', async () => {
  const broken = await start({
    authenticate: () => {
      throw new Error('secret /path');
    },
  });
  const answer = await send(broken, { body: INITIALIZE });
  expect([answer.status, errorOf(answer).code]).toEqual([500, -32_603]);
  expect(answer.text).not.toContain('secret');
  expect(broken.logged()).toContain('secret /path');
});
