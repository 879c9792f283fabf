import { describe, expect, test } from 'vitest';
import { HTTP_AUTH_FAILURES_PER_MINUTE, HTTP_BURST_SECONDS } from '../../src/connection-limits.ts';
import { errorOf, messageOf, openSession, type Sent, send } from '../support/client/http-wire.ts';
import { call, INITIALIZE, modernCall } from '../support/client/messages.ts';
import { BOB, start } from './http-service.ts';

const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list' };

describe('a principal that calls too often', () => {
  async function spent(mode: 'sessions' | 'dual' = 'sessions') {
    const clock = { ms: 0 };
    const server = await start({ mode, rateLimit: 1, now: () => clock.ms });
    const [session, other] = [await openSession(server), await openSession(server, BOB)];
    for (let n = 1; n < HTTP_BURST_SECONDS; n += 1) {
      expect((await send(server, { session, body: LIST })).status).toBe(200);
    }
    return { clock, server, session, other };
  }

  test('gets a tool result that says so and when to come back', async () => {
    const { clock, server, session } = await spent();
    const answer = await send(server, { session, body: call(7, 'whoami') });
    const { id, result } = JSON.parse(answer.text);
    expect([answer.status, id, result.isError]).toEqual([200, 7, true]);
    expect(JSON.parse(result.content[0].text)).toEqual({
      error: {
        code: 'LIMIT_EXCEEDED',
        message: '1 requests per second per principal',
        hint: 'retry in 1000 ms.',
        retryable: true,
      },
    });
    clock.ms += 1000;
    const again = await send(server, { session, body: call(7, 'whoami') });
    expect(messageOf(again).result).not.toHaveProperty('isError');
  });

  test('gets 429 for anything else, and is not heard less: notifications and streams pass', async () => {
    const { server, session } = await spent();
    const refused = await send(server, { session, body: LIST });
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '1']);
    expect(errorOf(refused)).toMatchObject({ id: 1, message: expect.stringMatching(/^LIMIT_EXC/) });
    const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 3 } };
    expect((await send(server, { session, body: cancel })).status).toBe(202);
    expect((await send(server, { method: 'DELETE', session })).status).toBe(200);
  });

  test('takes nothing from another principal', async () => {
    const { server, other } = await spent();
    const answer = await send(server, { token: BOB, session: other, body: call(1, 'whoami') });
    expect(messageOf(answer).result).not.toHaveProperty('isError');
  });

  test('is told so in the newest revision too', async () => {
    const { server } = await spent('dual');
    const { result } = JSON.parse((await send(server, modernCall('whoami'))).text);
    expect(result).toMatchObject({ resultType: 'complete', isError: true });
  });
});

describe('a source that keeps failing to name anybody', () => {
  test('is answered 429 after a while, then 401 again, and its good requests always pass', async () => {
    const clock = { ms: 0 };
    const server = await start({ now: () => clock.ms });
    const wrong: Sent = { token: 'wrong-token-0123456789', body: INITIALIZE };
    const statusOf = async (sent: Sent) => (await send(server, sent)).status;
    for (let n = 0; n < HTTP_AUTH_FAILURES_PER_MINUTE; n += 1) {
      expect(await statusOf(wrong)).toBe(401);
    }
    const refused = await send(server, wrong);
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '1']);
    expect(await statusOf({ body: INITIALIZE })).toBe(200);
    clock.ms += 60_000;
    expect(await statusOf({ ...wrong, token: null })).toBe(401);
  });

  test('leaves two lines in the log, however often it tries', async () => {
    const server = await start();
    for (let n = 0; n < 30; n += 1) await send(server, { token: null, body: INITIALIZE });
    const lines = server.logged().match(/a valid bearer token is required/g);
    expect(lines).toHaveLength(1);
  });
});
