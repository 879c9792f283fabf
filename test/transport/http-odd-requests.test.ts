import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { send } from '../support/client/http-wire.ts';
import { call, INITIALIZE } from '../support/client/messages.ts';
import { type Running, startSession } from './http-service.ts';

const oddString = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', '', '\u0000', '\ud800', 'tools/call'),
  fc.string({ unit: 'binary', maxLength: 8 }),
);
const method = fc.oneof(
  fc.constantFrom('initialize', 'ping', 'tools/call', 'tools/list', 'server/discover'),
  fc.constantFrom('notifications/cancelled', 'notifications/initialized', 'subscriptions/listen'),
  oddString,
);
const id = fc.oneof(fc.integer(), oddString, fc.constantFrom(null, 1.5, true, {}, []));
const version = fc.oneof(
  fc.constantFrom(
    '2024-11-05',
    '2025-03-26',
    '2025-06-18',
    '2025-11-25',
    '2026-07-28',
    '1999-01-01',
  ),
  oddString,
);
const meta = fc.record(
  {
    'io.modelcontextprotocol/protocolVersion': fc.oneof(version, fc.jsonValue()),
    'io.modelcontextprotocol/clientCapabilities': fc.oneof(fc.constant({}), fc.jsonValue()),
    progressToken: fc.jsonValue(),
  },
  { requiredKeys: [] },
);
const params = fc.oneof(
  fc.record(
    {
      name: fc.oneof(fc.constant('whoami'), oddString),
      arguments: fc.jsonValue(),
      protocolVersion: version,
      capabilities: fc.oneof(fc.constant({}), fc.jsonValue()),
      clientInfo: fc.oneof(fc.constant(INITIALIZE.params.clientInfo), fc.jsonValue()),
      requestId: id,
      _meta: fc.oneof(meta, fc.jsonValue()),
    },
    { requiredKeys: [] },
  ),
  fc.jsonValue(),
);
const message = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record(
      { jsonrpc: fc.constant('2.0'), id, method, params },
      { requiredKeys: ['jsonrpc'] },
    ),
  },
  { weight: 1, arbitrary: fc.record({ jsonrpc: fc.constant('2.0'), id, result: fc.jsonValue() }) },
  { weight: 1, arbitrary: fc.jsonValue() },
);
const headerValue = fc.stringMatching(/^[!-~]{1,12}$/);
const headers = fc.record(
  {
    'mcp-protocol-version': fc.oneof(fc.constantFrom('2025-11-25', '2026-07-28'), headerValue),
    'mcp-method': fc.oneof(fc.constantFrom('tools/call', 'ping'), headerValue),
    'mcp-name': fc.oneof(fc.constant('whoami'), headerValue),
    'mcp-session-id': headerValue,
    'last-event-id': headerValue,
    accept: fc.oneof(fc.constant('application/json, text/event-stream'), headerValue),
  },
  { requiredKeys: [] },
);

describe.each(['sessions', 'dual'] as const)('in the mode %s', (mode) => {
  test('no request is answered with a server error, and the server goes on', async () => {
    const { server, session } = await startSession({ mode });
    const property = fc.asyncProperty(
      message,
      headers,
      fc.boolean(),
      async (body, extra, known) => {
        const status = await statusOf(server, { body, headers: extra, ...(known && { session }) });
        expect(status).toBeLessThan(500);
      },
    );
    await fc.assert(property, { numRuns: 300 });
    expect((await send(server, { session, body: call(1, 'whoami') })).status).toBe(200);
    expect(server.logged()).not.toContain('HTTP request failed');
  });
});

/** Only the status is read: `subscriptions/listen` answers with a stream that stays open. */
async function statusOf(server: Running, sent: Parameters<typeof send>[1]): Promise<number> {
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  const response = await fetch(server.url, {
    method: 'POST',
    signal: controller.signal,
    headers: {
      authorization: 'Bearer alice-token-0123456789',
      'content-type': 'application/json',
      ...(sent?.session !== undefined && { 'mcp-session-id': sent.session }),
      ...sent?.headers,
    },
    body: JSON.stringify(sent?.body),
  });
  controller.abort();
  return response.status;
}
