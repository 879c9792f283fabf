import { describe, expect, test } from 'vitest';
import { send } from '../support/client/http-wire.ts';
import { INITIALIZE } from '../support/client/messages.ts';
import { start } from './http-service.ts';

const PAGE = 'https://app.example';
const PREFLIGHT = {
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'authorization, mcp-session-id',
};

describe('the preflight of a browser', () => {
  test('is answered to a page that may talk to us, without a token', async () => {
    const server = await start({ allowedOrigins: [PAGE] });
    const headers = { ...PREFLIGHT, origin: PAGE };
    const answer = await send(server, { method: 'OPTIONS', token: null, headers });
    expect(answer).toMatchObject({
      status: 204,
      headers: {
        'access-control-allow-origin': PAGE,
        'access-control-allow-methods': 'GET, POST, DELETE',
        'access-control-allow-headers': expect.stringMatching(/Authorization.*Mcp-Session-Id/),
        vary: 'Origin',
      },
    });
  });

  test.each([
    ['another page', { origin: 'https://app.example.evil.example' }],
    ['a page of another host', { origin: PAGE, host: 'evil.example' }],
  ])('is refused to %s, and names no page', async (_, headers) => {
    const server = await start({ allowedOrigins: [PAGE] });
    const sent = { method: 'OPTIONS', token: null, headers: { ...PREFLIGHT, ...headers } };
    const answer = await send(server, sent);
    expect(answer.status).toBe(403);
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });
});

test('an answer names the page that may read it, and no page where none asked', async () => {
  const server = await start({ allowedOrigins: [PAGE] });
  const page = await send(server, { headers: { origin: PAGE }, body: INITIALIZE });
  expect(page.headers).toMatchObject({
    'access-control-allow-origin': PAGE,
    'access-control-expose-headers': expect.stringContaining('Mcp-Session-Id'),
  });
  const refused = await send(server, { token: null, headers: { origin: PAGE }, body: INITIALIZE });
  expect(refused.headers['access-control-allow-origin']).toBe(PAGE);
  const none = await send(server, { body: INITIALIZE });
  expect(none.headers).not.toHaveProperty('access-control-allow-origin');
});

describe('where an authorization server is named', () => {
  const authServers = ['https://login.example'];
  const publicUrl = 'https://box.example/mcp';

  test('the metadata says so to anybody, and a request without a token is pointed to it', async () => {
    const server = await start({ authServers, publicUrl });
    const { status, headers } = await send(server, { token: null, body: INITIALIZE });
    const metadata = 'https://box.example/.well-known/oauth-protected-resource/mcp';
    expect([status, headers['www-authenticate']]).toEqual([
      401,
      `Bearer resource_metadata="${metadata}"`,
    ]);
    for (const path of ['/mcp', '']) {
      const sent = { method: 'GET', path: `/.well-known/oauth-protected-resource${path}` };
      const { text } = await send(server, {
        ...sent,
        token: null,
        headers: { host: 'box.example' },
      });
      expect(JSON.parse(text)).toEqual({
        resource: publicUrl,
        authorization_servers: authServers,
        bearer_methods_supported: ['header'],
        resource_name: 'claude-sessions-mcp',
      });
    }
  });

  test('and nowhere else is there such a document', async () => {
    const server = await start();
    const path = '/.well-known/oauth-protected-resource/mcp';
    expect((await send(server, { method: 'GET', path })).status).toBe(404);
  });
});
