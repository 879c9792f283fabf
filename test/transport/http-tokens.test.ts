import { describe, expect, test } from 'vitest';
import { parseTokenFile, principalOf } from '../../src/transport/http/identity.ts';
import { messageOf, open, openSession, openStream, send } from '../support/client/http-wire.ts';
import { call, INITIALIZE } from '../support/client/messages.ts';
import { ALICE, BOB, start } from './http-service.ts';

const SECOND = 'alice-token-9876543210';

/** A server whose tokens the test changes. */
async function startWith(file: string) {
  let tokens = parseTokenFile(file);
  const server = await start({ authenticate: (header) => principalOf(header, tokens) });
  const change = (text: string) => {
    tokens = parseTokenFile(text);
    server.tokensChanged(new Set(tokens.map(({ principal }) => principal)));
  };
  return { server, change };
}

describe('when a token is revoked', () => {
  test('its streams and calls are cut, and the MCP sessions of its principal end', async () => {
    const { server, change } = await startWith(`alice:${ALICE}\nbob:${BOB}`);
    const [session, other] = [await openSession(server), await openSession(server, BOB)];
    const { response } = await openStream(server, session);
    const hanging = open(server, { session, body: call(1, 'hang') });
    const cut = [response, hanging].map((each) => {
      each.on('error', () => {});
      return new Promise((resolve) => each.once('close', resolve));
    });
    await server.echo.until((echo) => echo.hanging.size === 1);
    change(`bob:${BOB}`);
    await Promise.all(cut);
    await server.echo.until(({ closes }) => closes.length === 1);
    expect(server.echo.closes).toEqual([{ principal: 'alice', mcpSessionId: session }]);
    await server.echo.until((echo) => echo.hanging.size === 0);
    const goesOn = await send(server, { token: BOB, session: other, body: call(1, 'whoami') });
    expect(messageOf(goesOn)).toHaveProperty('result');
  });

  test('and replaced, its streams are cut while the MCP session goes on with the new token', async () => {
    const { server, change } = await startWith(`alice:${ALICE}`);
    const session = await openSession(server);
    const { response } = await openStream(server, session);
    const cut = new Promise((resolve) => response.on('error', () => {}).once('close', resolve));
    change(`alice:${ALICE}\nalice:${SECOND}`);
    expect((await send(server, { session, body: call(1, 'whoami') })).status).toBe(200);
    change(`alice:${SECOND}`);
    await cut;
    const sent = { session, body: call(2, 'whoami') };
    expect((await send(server, sent)).status).toBe(401);
    expect((await send(server, { ...sent, token: SECOND })).status).toBe(200);
  });

  test('and given to another, the other does not get into what it opened', async () => {
    const { server, change } = await startWith(`alice:${ALICE}`);
    const session = await openSession(server);
    change(`mallory:${ALICE}`);
    expect((await send(server, { session, body: call(1, 'whoami') })).status).toBe(404);
    expect((await send(server, { body: INITIALIZE })).status).toBe(200);
  });
});
