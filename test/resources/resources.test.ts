import { describe, expect, test } from 'vitest';
import { RESOURCE_BYTES_MAX, RESOURCE_SESSIONS_PAGE } from '../../src/limits.ts';
import { startHarness } from '../support/harness.ts';
import { errorOf, readText } from './client.ts';

const METRICS = 'claude-sessions://metrics';

describe('resources/list', () => {
  test('names the sums, and each session with its transcript, newest activity first', async () => {
    const harness = await startHarness();
    const { client, call } = await connected(harness);
    const first = await call('create_session', { name: 'first' });
    harness.pass(1);
    const second = await call('create_session');
    const { resources } = await client.listResources();
    const [a, b] = [first.session.id, second.session.id];
    expect(resources.map(({ uri }) => uri)).toEqual([
      METRICS,
      `claude-session://${b}`,
      `claude-session://${b}/transcript`,
      `claude-session://${a}`,
      `claude-session://${a}/transcript`,
    ]);
    expect(resources.at(-1)).toEqual({
      uri: `claude-session://${a}/transcript`,
      name: `${a}/transcript`,
      title: 'Transcript: first',
      description: `ready, in ${first.session.workingDirectory}`,
      mimeType: 'text/markdown',
      icons: [expect.objectContaining({ mimeType: 'image/svg+xml' })],
      annotations: { audience: ['user'], priority: 0.8, lastModified: first.session.lastActivity },
    });
  });

  test('comes in pages, each session once', async () => {
    const harness = await startHarness();
    const { client, call } = await connected(harness);
    const made: string[] = [];
    for (let n = 0; n <= RESOURCE_SESSIONS_PAGE; n += 1) {
      const { session } = await call('create_session');
      made.push(`claude-session://${session.id}`);
    }
    // Without a cursor the client fetches page after page.
    const uris = (await client.listResources()).resources.map(({ uri }) => uri);
    expect(uris.filter((uri) => made.includes(uri)).sort()).toEqual(made.sort());
    expect(new Set(uris).size).toBe(uris.length);
    const first = await client.request({ method: 'resources/list', params: {} });
    expect(first.resources).toHaveLength(1 + 2 * RESOURCE_SESSIONS_PAGE);
  });

  test('refuses a cursor that is none of its own', async () => {
    const { client } = await connected(await startHarness());
    const asked = client.request({ method: 'resources/list', params: { cursor: 'x' } });
    expect(await errorOf(asked)).toMatchObject({ code: -32602, data: { code: 'INVALID_REQUEST' } });
  });
});

describe('resources/templates/list', () => {
  test('names what every session has, with title, picture and whom it is for', async () => {
    const { client } = await connected(await startHarness());
    const { resourceTemplates } = await client.listResourceTemplates();
    expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toEqual([
      'claude-session://{id}',
      'claude-session://{id}/transcript',
      'claude-session://{id}/events',
    ]);
    for (const template of resourceTemplates) {
      expect(template).toMatchObject({
        title: expect.stringMatching(/^[A-Z]/),
        description: expect.stringMatching(/.{50}/),
        mimeType: expect.any(String),
        annotations: { audience: expect.any(Array), priority: expect.any(Number) },
      });
      expect(template.icons?.[0]?.src).toMatch(/^data:image\/svg\+xml;base64,/);
    }
  });
});

describe('resources/read', () => {
  test('gives a session, its log and the sums as the tools do', async () => {
    const harness = await startHarness();
    const { client, call } = await connected(harness);
    const { session } = await call('create_session', { name: 'n', taskId: 't', maxTurns: 3 });
    const sessionId = session.id;
    const uri = `claude-session://${sessionId}`;
    const shown = await call('get_session', { sessionId });
    expect(shown.rules).toEqual({ maxTurns: 3 });
    expect(JSON.parse(await readText(client, uri))).toEqual({
      ...shown.session,
      rules: shown.rules,
    });
    const { events, nextAfter, hasMore } = await call('read_events', { sessionId });
    expect(JSON.parse(await readText(client, `${uri}/events`))).toEqual({
      events,
      nextAfter,
      hasMore,
    });
    const { uptimeMs, ...sums } = await call('get_metrics');
    expect(JSON.parse(await readText(client, METRICS))).toMatchObject(sums);
    expect(uptimeMs).toBeGreaterThanOrEqual(0);
    expect(await readText(client, `${uri}/transcript`)).toContain('# `n`');
  });

  test.each(['transcript', 'events'])('reads the %s of a long log on and on', async (facet) => {
    const harness = await startHarness();
    const tester = await harness.connect();
    const { sessionId, run } = await harness.busy(tester);
    const words = Array.from({ length: 30 }, (_, n) => `word-${n}-`);
    for (const word of words) run.say(word + 'x'.repeat(15_000));
    run.finish();
    await tester.call('wait_sessions', { sessionIds: [sessionId], until: 'turn_end' });
    let text = '';
    let uri: string | undefined = `claude-session://${sessionId}/${facet}`;
    while (uri !== undefined) {
      const part: string = await readText(tester.client, uri);
      expect(Buffer.byteLength(part)).toBeLessThanOrEqual(RESOURCE_BYTES_MAX);
      text += part;
      uri = /claude-session:\/\/[^\s"`]+\?after=\d+(?=[`"][^`"]*$)/.exec(part)?.[0];
    }
    for (const word of words) expect(text.split(word)).toHaveLength(2);
    expect(text).toContain(facet === 'events' ? 'turn_ended' : '**Turn** completed');
  });

  test.each([
    'claude-session://',
    'claude-session://x',
    'claude-session://x/',
    'claude-session://x/nothing',
    'claude-session://x/events?after=-1',
    'claude-session://x?after=1',
    'claude-sessions://metrics/',
    'file:///etc/passwd',
    '',
  ])('says that %j is not there', async (uri) => {
    const { client } = await connected(await startHarness());
    expect(await errorOf(client.readResource({ uri }))).toMatchObject({
      code: -32602,
      data: { uri },
    });
  });

  test('refuses an address longer than any of its own, and does not repeat it', async () => {
    const { client } = await connected(await startHarness());
    const uri = `claude-session://${'x'.repeat(1_000_000)}`;
    const error = await errorOf(client.readResource({ uri }));
    expect(error.code).toBe(-32602);
    expect(JSON.stringify(error).length).toBeLessThan(300);
  });
});

async function connected(harness: Awaited<ReturnType<typeof startHarness>>) {
  const tester = await harness.connect();
  return { client: tester.client, call: tester.call.bind(tester) };
}
