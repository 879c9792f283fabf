import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LISTEN_STREAMS_MAX } from '../../src/connection-limits.ts';
import { SUBSCRIPTIONS_MAX } from '../../src/limits.ts';
import { startHarness } from '../support/harness.ts';
import { ALICE, BOB, start } from '../transport/http-service.ts';
import { errorOf, readText } from './client.ts';

const INFO = { name: 'test', version: '1.0.0' };
const METRICS = 'claude-sessions://metrics';

/** The whole server behind HTTP, for callers of both eras. */
async function startServer() {
  const harness = await startHarness();
  const server = await start({ mode: 'dual', connections: harness.app.connections });
  const options = (token: string) => ({
    requestInit: { headers: { authorization: `Bearer ${token}` } },
  });
  const modern = async (token = ALICE) => {
    const client = new Client(INFO, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
    await client.connect(new StreamableHTTPClientTransport(new URL(server.url), options(token)));
    onTestFinished(() => client.close());
    const told: string[] = [];
    client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
      told.push(params.uri);
    });
    client.setNotificationHandler('notifications/resources/list_changed', () => {
      told.push('list');
    });
    return { client, told };
  };
  const v1 = async (token = ALICE) => {
    const client = new ClientV1(INFO);
    await client.connect(new TransportV1(new URL(server.url), options(token)));
    onTestFinished(() => client.close());
    return client;
  };
  return { harness, modern, v1 };
}

async function create(client: Client): Promise<{ sessionId: string; uri: string }> {
  const { structuredContent } = await client.callTool({ name: 'create_session', arguments: {} });
  const { session } = structuredContent as { session: { id: string } };
  return { sessionId: session.id, uri: `claude-session://${session.id}` };
}

async function link(client: Client, sessionId: string, taskId: string): Promise<void> {
  await client.callTool({ name: 'link_task', arguments: { sessionId, taskId } });
}

describe('a client of the revision 2026-07-28', () => {
  test('lists, reads, completes and gets prompts', async () => {
    const { modern } = await startServer();
    const { client } = await modern();
    const { sessionId, uri } = await create(client);
    expect(client.getServerCapabilities()).toMatchObject({
      resources: { subscribe: true, listChanged: true },
      prompts: {},
      completions: {},
    });
    const { resources } = await client.listResources();
    expect(resources.map((resource) => resource.uri)).toContain(uri);
    expect((await client.listResourceTemplates()).resourceTemplates).toHaveLength(3);
    expect(await readText(client, `${uri}/transcript`)).toContain(sessionId);
    const ref = { type: 'ref/resource', uri: 'claude-session://{id}' } as const;
    const { completion } = await client.complete({ ref, argument: { name: 'id', value: '' } });
    expect(completion.values).toEqual([sessionId]);
    const { messages } = await client.getPrompt({
      name: 'review_session',
      arguments: { sessionId },
    });
    expect(JSON.stringify(messages)).toContain(sessionId);
    const never = 'claude-session://claude_never';
    expect(await errorOf(client.readResource({ uri: never }))).toMatchObject({
      code: -32602,
      data: { uri: never },
    });
  });

  test('is told what it listens for, and nothing of another principal whatever it asks', async () => {
    const { harness, modern } = await startServer();
    const [alice, bob] = [await modern(ALICE), await modern(BOB)];
    const { sessionId, uri } = await create(alice.client);
    const resourceSubscriptions = [uri, `${uri}/transcript`, METRICS];
    const filter = { resourceSubscriptions, resourcesListChanged: true };
    const subscription = await alice.client.listen(filter);
    await bob.client.listen(filter);
    await link(alice.client, sessionId, 't');
    await expect.poll(() => new Set(alice.told)).toEqual(new Set(resourceSubscriptions));
    await create(alice.client);
    await expect.poll(() => alice.told).toContain('list');
    // Whatever bob hears from now on comes after all of that.
    expect(bob.told).toEqual([]);
    await create(bob.client);
    await expect.poll(() => new Set(bob.told)).toEqual(new Set(['list', METRICS]));
    await subscription.close();
    alice.told.length = 0;
    const again = await alice.client.listen({ resourceSubscriptions: [METRICS] });
    await link(alice.client, sessionId, 'u');
    await expect.poll(() => alice.told).toEqual([METRICS]);
    await again.close();
    expect(harness.logged.filter(({ level }) => level >= 40)).toEqual([]);
  });

  test('may hold so many streams open, each for so many things', async () => {
    const { modern } = await startServer();
    const { client } = await modern();
    const uris = Array.from({ length: SUBSCRIPTIONS_MAX + 1 }, (_, n) => `x://${n}`);
    const tooMuch = await errorOf(client.listen({ resourceSubscriptions: uris }));
    expect(tooMuch.message).toContain('LIMIT_EXCEEDED');
    for (let n = 0; n < LISTEN_STREAMS_MAX; n += 1) {
      await client.listen({ resourcesListChanged: true });
    }
    const tooMany = await errorOf(client.listen({ resourcesListChanged: true }));
    expect(tooMany.message).toContain('Subscription limit reached');
  });
});

describe('the v1 client', () => {
  test('lists, reads, watches, completes and gets prompts', async () => {
    const { modern, v1 } = await startServer();
    const { client: maker } = await modern();
    const client = await v1();
    const { sessionId, uri } = await create(maker);
    const { resources } = await client.listResources();
    expect(resources.map((resource) => resource.uri)).toContain(uri);
    const read = await client.readResource({ uri: METRICS });
    expect(read.contents).toHaveLength(1);
    const told: string[] = [];
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
      told.push(params.uri);
    });
    await client.subscribeResource({ uri });
    // The stream for notifications is opened at the same time as the first requests.
    let n = 0;
    await expect
      .poll(
        async () => {
          n += 1;
          await link(maker, sessionId, `t${n}`);
          return told;
        },
        { interval: 300 },
      )
      .toContain(uri);
    const ref = { type: 'ref/prompt', name: 'review_session' } as const;
    const { completion } = await client.complete({
      ref,
      argument: { name: 'sessionId', value: 'claude_' },
    });
    expect(completion.values).toEqual([sessionId]);
    const { messages } = await client.getPrompt({ name: 'daily_report' });
    expect(JSON.stringify(messages)).toContain(sessionId);
  });
});
