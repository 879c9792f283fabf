import { InMemoryTransport } from '@modelcontextprotocol/client';
import { expect, test } from 'vitest';
import { startHarness } from '../support/harness.ts';

test.each([
  ['initialize', {}, 'params.protocolVersion: '],
  ['tools/call', {}, 'params.name: '],
  ['tools/call', { name: 'list_sessions', arguments: 5 }, 'params.arguments: '],
  ['tools/list', { cursor: 5 }, 'params.cursor: '],
  ['resources/read', { uri: 5 }, 'params.uri: '],
  ['resources/subscribe', {}, 'params.uri: '],
  ['prompts/get', { name: 'daily_report', arguments: [] }, 'params.arguments: '],
  ['completion/complete', { ref: { type: 'x' } }, 'params.ref: '],
])(
  '%s with %j is the fault of the client, and it reads what is wrong',
  async (method, params, problem) => {
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
        message: expect.stringContaining(`wrong parameters of ${method}: ${problem}`),
      },
    });
    await server.close();
  },
);
