import { InMemoryTransport } from '@modelcontextprotocol/client';
import { expect, test } from 'vitest';
import { startHarness } from '../support/harness.ts';

test.each([
  ['tools/call', {}, 'name'],
  ['tools/call', { name: 'list_sessions', arguments: 5 }, 'arguments'],
  ['tools/list', { cursor: 5 }, 'cursor'],
  ['resources/read', { uri: 5 }, 'uri'],
  ['resources/subscribe', {}, 'uri'],
  ['prompts/get', { name: 'daily_report', arguments: [] }, 'arguments'],
  ['completion/complete', { ref: { type: 'x' } }, 'ref'],
])(
  '%s with %j is the fault of the client, which reads what is wrong',
  async (method, params, named) => {
    const harness = await startHarness();
    const [near, far] = InMemoryTransport.createLinkedPair();
    const server = harness.app.connections.createServer(
      { principal: 'alice', mcpSessionId: 'm' },
      new AbortController().signal,
    );
    await server.connect(far);
    const answered = new Promise((resolve) => {
      near.onmessage = resolve;
    });
    await near.send({ jsonrpc: '2.0', id: 1, method, params });
    expect(await answered).toEqual({
      jsonrpc: '2.0',
      id: 1,
      error: {
        code: -32602,
        message: expect.stringMatching(new RegExp(`${method}[^]*\\b${named}\\b`)),
      },
    });
    await server.close();
  },
);
