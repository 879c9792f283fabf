/** Some clients send `null` for arguments that there are none of, which the SDK itself refuses. */

import { describe, expect, test } from 'vitest';
import { openSession, send } from '../support/client/http-wire.ts';
import { modern, modernCall } from '../support/client/messages.ts';
import { seenBy } from './echo.ts';
import { start } from './http-service.ts';
import { connectWire } from './stdio-wire.ts';

const CALL = { jsonrpc: '2.0', id: 1, method: 'tools/call' };
const params = (args: unknown) => ({ name: 'whoami', arguments: args });

function resultOf(text: string): unknown {
  const data = /^data: (.+)$/m.exec(text)?.[1] ?? text;
  return JSON.parse(data).result;
}

test('null is none on stdio', async () => {
  const { answersTo } = await connectWire();
  const [answer] = await answersTo(`${JSON.stringify({ ...CALL, params: params(null) })}\n`);
  expect(seenBy(answer?.result)).not.toHaveProperty('echo');
});

test('null is none over HTTP in the revisions with sessions', async () => {
  const server = await start();
  const session = await openSession(server);
  const { status, text } = await send(server, { session, body: { ...CALL, params: params(null) } });
  expect(status).toBe(200);
  expect(seenBy(resultOf(text))).not.toHaveProperty('echo');
});

test('null is none over HTTP in the revision without sessions', async () => {
  const server = await start({ mode: 'dual' });
  const sent = { ...modernCall('whoami'), body: modern('tools/call', params(null)) };
  const { status, text } = await send(server, sent);
  expect(status).toBe(200);
  expect(seenBy(resultOf(text))).not.toHaveProperty('echo');
});

describe('what is malformed still gets the error of the protocol', () => {
  test.each([
    ['arguments that are a list', { ...CALL, params: params([]) }],
    ['arguments that are a text', { ...CALL, params: params('{}') }],
    ['params that are null', { ...CALL, params: null }],
    ['no name', { ...CALL, params: { arguments: null } }],
  ])('%s', async (_, message) => {
    const { answersTo } = await connectWire();
    const [answer] = await answersTo(`${JSON.stringify(message)}\n`);
    expect(answer?.error?.code).toBeLessThan(-32_599);
  });
});
