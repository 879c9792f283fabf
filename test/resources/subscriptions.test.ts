import { describe, expect, test } from 'vitest';
import { SUBSCRIPTIONS_MAX } from '../../src/limits.ts';
import type { Store } from '../../src/store/store.ts';
import { type Harness, overriding, startHarness } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';
import { errorOf } from './client.ts';

const METRICS = 'claude-sessions://metrics';

/** A client, and what it was told so far. */
async function watching(harness: Harness, principal = 'alice') {
  const tester = await harness.connect({ principal });
  const told: string[] = [];
  tester.client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
    told.push(params.uri);
  });
  tester.client.setNotificationHandler('notifications/resources/list_changed', () => {
    told.push('list');
  });
  return { tester, client: tester.client, told };
}

async function made(tester: TestClient): Promise<{ sessionId: string; uri: string }> {
  const sessionId = await tester.create();
  return { sessionId, uri: `claude-session://${sessionId}` };
}

describe('a client of the 2025 revisions', () => {
  test('is told what it watches, until it watches it no more', async () => {
    const { tester, client, told } = await watching(await startHarness());
    const { sessionId, uri } = await made(tester);
    for (const watched of [uri, `${uri}/transcript`, METRICS]) {
      await client.subscribeResource({ uri: watched });
    }
    await client.unsubscribeResource({ uri: `${uri}/transcript` });
    await client.unsubscribeResource({ uri: 'never://watched' });
    await tester.call('link_task', { sessionId, taskId: 't' });
    await expect.poll(() => new Set(told)).toEqual(new Set(['list', uri, METRICS]));
    await client.unsubscribeResource({ uri });
    told.length = 0;
    await tester.call('link_task', { sessionId, taskId: 'u' });
    await expect.poll(() => told).toContain(METRICS);
    expect(told).not.toContain(uri);
  });

  test('is told of the list when a session of its own is made or ends', async () => {
    const harness = await startHarness();
    const { told } = await watching(harness);
    const other = await harness.connect();
    const { sessionId } = await made(other);
    await expect.poll(() => told).toEqual(['list']);
    await other.call('end_session', { sessionId });
    await expect.poll(() => told).toEqual(['list', 'list']);
  });

  test('hears of what happens at another server on the same state directory', async () => {
    const here = await startHarness();
    const { stateDir, roots, defaultDirectory } = here.settings;
    const there = await startHarness({ settings: { stateDir, roots, defaultDirectory } });
    const { client, told } = await watching(here);
    const other = await there.connect();
    const { sessionId, uri } = await made(other);
    await expect.poll(() => told).toContain('list');
    await client.subscribeResource({ uri });
    await other.call('link_task', { sessionId, taskId: 't' });
    await expect.poll(() => told).toContain(uri);
  });

  test('watches a bounded number of things, each once', async () => {
    const { tester, client } = await watching(await startHarness());
    const { uri } = await made(tester);
    for (let after = 1; after <= SUBSCRIPTIONS_MAX; after += 1) {
      await client.subscribeResource({ uri: `${uri}/events?after=${after}` });
    }
    await client.subscribeResource({ uri: `${uri}/events?after=1` });
    const refused = await errorOf(client.subscribeResource({ uri }));
    expect(refused.message).toContain(`LIMIT_EXCEEDED: one MCP session may watch at most 200`);
    await client.unsubscribeResource({ uri: `${uri}/events?after=1` });
    await client.subscribeResource({ uri });
  });

  test('leaves nothing behind when it goes', async () => {
    const looks: string[] = [];
    const counted = (store: Store): Store =>
      overriding(store, {
        activity: (query) => {
          looks.push(query.principal);
          return store.activity(query);
        },
      });
    const harness = await startHarness({ store: counted });
    const { tester, client } = await watching(harness);
    const { uri } = await made(tester);
    await client.subscribeResource({ uri });
    await tester.disconnect();
    looks.length = 0;
    const bob = await watching(harness, 'bob');
    const { sessions } = harness.app.service;
    await sessions.create({ principal: 'alice', mcpSessionId: null }, { options: {} });
    await made(bob.tester);
    await expect.poll(() => bob.told).toContain('list');
    expect(new Set(looks)).toEqual(new Set(['bob']));
  });
});
