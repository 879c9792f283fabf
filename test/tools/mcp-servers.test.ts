import { expect, test } from 'vitest';
import { startWithClient } from '../support/harness.ts';

const mcpServers = new Map([
  ['linear', { command: 'linear' }],
  ['sentry', { command: 'sentry' }],
]);

test('a session names MCP servers that the operator has', async () => {
  const { client } = await startWithClient({ mcpServers });
  const rulesOf = async (args: object) => {
    const { session } = await client.call('create_session', { ...args });
    return (await client.call('get_session', { sessionId: session.id })).rules;
  };
  expect(await rulesOf({ mcpServers: 'linear' })).toEqual({ mcpServers: ['linear'] });
  expect(await rulesOf({ mcpServers: [] })).toEqual({ mcpServers: [] });
  expect(await rulesOf({ mcpServers: null })).toBeUndefined();
});

test.each([
  [{ mcpServers }, 'linaer; did you mean linear?', 'it has linear, sentry.'],
  [{ mcpServers: new Map() }, 'linaer', 'it has none.'],
  [{}, 'linaer', expect.stringContaining('--session-mcp-config')],
])('and no others: then nothing is made', async (options, problem, hint) => {
  const { client } = await startWithClient(options);
  const { failure } = await client.ask('create_session', { mcpServers: ['linaer'] });
  const message = `mcpServers: this server has no MCP server ${problem}`;
  expect(failure).toMatchObject({ code: 'INVALID_REQUEST', message, hint });
  expect((await client.call('list_sessions')).sessions).toEqual([]);
});

test('a fork keeps the names, though the operator has taken the servers away', async () => {
  const { harness, client } = await startWithClient({ mcpServers: new Map(mcpServers) });
  const { sessionId, run, finish } = await harness.busy(client, { mcpServers: ['linear'] });
  expect(run.spec.options.mcpServers).toEqual(['linear']);
  await finish();
  const { session } = await client.call('fork_session', { sessionId });
  const { rules } = await client.call('get_session', { sessionId: session.id });
  expect(rules).toEqual({ mcpServers: ['linear'] });
});
