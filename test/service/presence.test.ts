import { expect, test } from 'vitest';
import { startHarness } from '../support/harness.ts';

test('an MCP session that is away holds its sessions no longer, and may come back to them', async () => {
  const harness = await startHarness();
  const first = await harness.connect();
  const second = await harness.connect();
  const { session } = await first.call('create_session');
  const args = { sessionId: session.id, taskId: 'T-1' };
  expect(await second.refusal('link_task', args)).toMatchObject({ code: 'CONFLICT' });
  harness.app.connections.away(first.caller);
  const taken = await second.call('link_task', args);
  expect(taken.session.mcpSessionId).toBe(second.caller.mcpSessionId);
  harness.app.connections.present(first.caller);
  expect(await first.refusal('unlink_task', args)).toMatchObject({ code: 'CONFLICT' });
  harness.app.connections.away(second.caller);
  const back = await first.call('unlink_task', args);
  expect(back.session.mcpSessionId).toBe(first.caller.mcpSessionId);
});

test('an MCP session that went away is away for other servers too, until its next change', async () => {
  const harness = await startHarness();
  const client = await harness.connect();
  const { session } = await client.call('create_session');
  const id = client.caller.mcpSessionId ?? '';
  const owner = async () => (await harness.store.peers.connections(id))[0]?.owner;
  expect(await owner()).toBeDefined();
  harness.app.connections.away(client.caller);
  await expect.poll(owner).toBeUndefined();
  harness.app.connections.present(client.caller);
  await client.call('link_task', { sessionId: session.id, taskId: 'T-1' });
  expect(await owner()).toBeDefined();
});
