import { InMemoryTransport } from '@modelcontextprotocol/client';
import { expect, test } from 'vitest';
import { startHarness } from '../support/harness.ts';

test.each<[string, Record<string, unknown> | undefined, string]>([
  ['tools/call', {}, 'name'],
  ['tools/call', { name: 'list_sessions', arguments: [] }, 'arguments'],
  ['tools/call', { name: 'list_sessions', arguments: '{}' }, 'arguments'],
  ['tools/call', { name: 'list_sessions', arguments: 5 }, 'arguments'],
  ['tools/call', { name: 7, arguments: {} }, 'name'],
  ['tools/call', undefined, 'params'],
  ['tools/list', { cursor: 5 }, 'cursor'],
  ['resources/read', { uri: 5 }, 'uri'],
  ['resources/subscribe', {}, 'uri'],
  ['prompts/get', { name: 'daily_report', arguments: [] }, 'arguments'],
  ['completion/complete', { ref: { type: 'x' } }, 'ref'],
])(
  '%s with %j is the fault of the client, which reads what is wrong, and the server goes on',
  async (method, params, named) => {
    const harness = await startHarness();
    const [near, far] = InMemoryTransport.createLinkedPair();
    const server = harness.app.connections.createServer(
      { principal: 'alice', mcpSessionId: 'm' },
      new AbortController().signal,
    );
    await server.connect(far);
    const answers: unknown[] = [];
    near.onmessage = (message) => answers.push(message);
    await near.send({ jsonrpc: '2.0', id: 1, method, params });
    const message = expect.stringMatching(new RegExp(`${method}[^]*\\b${named}\\b`));
    const refusal = { jsonrpc: '2.0', id: 1, error: { code: -32602, message } };
    await expect.poll(() => answers).toEqual([refusal]);
    await near.send({ jsonrpc: '2.0', id: 2, method: 'ping' });
    await expect.poll(() => answers).toEqual([refusal, { jsonrpc: '2.0', id: 2, result: {} }]);
    await server.close();
  },
);
