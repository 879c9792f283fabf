import { describe, expect, test } from 'vitest';
import type { SessionView } from '../support/client/tools.ts';
import { type Harness, startBusy, startWithClient } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';

const namesOf = (sessions: readonly SessionView[]) => sessions.map(({ name }) => name);

/** Makes sessions a millisecond apart, so that their order is known. */
async function make(
  harness: Harness,
  client: TestClient,
  all: readonly Record<string, unknown>[],
): Promise<string[]> {
  const ids: string[] = [];
  for (const args of all) {
    harness.pass(1);
    ids.push(await client.create(args));
  }
  return ids;
}

/** The names on all pages, after each of which something may happen. */
async function readPages(client: TestClient, limit: number, between = async (_read: number) => {}) {
  const read: (string | undefined)[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.call('list_sessions', { limit, cursor });
    expect(page.sessions.length).toBeGreaterThan(0);
    expect(page.sessions.length).toBeLessThanOrEqual(limit);
    read.push(...namesOf(page.sessions));
    cursor = page.nextCursor;
    await between(read.length);
  } while (cursor !== undefined);
  return read;
}

async function names(client: TestClient, args: Record<string, unknown>) {
  return namesOf((await client.call('list_sessions', args)).sessions);
}

describe('list_sessions', () => {
  test('lists newest activity first, and ended sessions too', async () => {
    const { harness, client } = await startWithClient();
    expect(await client.call('list_sessions')).toEqual({ sessions: [] });
    const [a, b] = await make(harness, client, [{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
    expect(await names(client, {})).toEqual(['c', 'b', 'a']);
    harness.pass(1);
    await client.call('end_session', { sessionId: b });
    harness.pass(1);
    await client.call('link_task', { sessionId: a, taskId: 't' });
    const { sessions } = await client.call('list_sessions');
    expect(sessions.map(({ name, status }) => [name, status])).toEqual([
      ['a', 'ready'],
      ['b', 'terminated'],
      ['c', 'ready'],
    ]);
  });

  test('shows each session as get_session does', async () => {
    const { client, sessionId } = await startBusy({ name: 'a', taskId: 't', labels: { k: 'v' } });
    const { sessions } = await client.call('list_sessions');
    expect(sessions).toEqual([(await client.call('get_session', { sessionId })).session]);
  });

  test('filters by status, task, label and MCP session, alone and together', async () => {
    const { harness, client } = await startWithClient();
    const other = await harness.connect();
    const [a, , c] = await make(harness, client, [
      { name: 'a', taskId: 't', labels: { team: 'core', stage: 'x' } },
      { name: 'b', taskId: 'u', labels: { team: 'core' } },
      { name: 'c', taskId: 't', labels: { team: 'web' } },
    ]);
    await make(harness, other, [{ name: 'd', taskId: 't', labels: { team: 'core' } }]);
    harness.pass(1);
    await client.call('end_session', { sessionId: c });
    harness.runner.failNextStart();
    await client.call('send_prompt', { sessionId: a, prompt: 'go', waitMs: 50_000 });
    expect(await names(client, { status: 'ready' })).toEqual(['d', 'b']);
    expect(await names(client, { status: 'terminated' })).toEqual(['c']);
    expect(await names(client, { status: 'error' })).toEqual(['a']);
    expect(await names(client, { status: 'busy' })).toEqual([]);
    expect(await names(client, { taskId: 'u' })).toEqual(['b']);
    expect(await names(client, { taskId: 'none' })).toEqual([]);
    expect(await names(client, { label: 'team=core' })).toEqual(['a', 'd', 'b']);
    expect(await names(client, { label: 'team=cor' })).toEqual([]);
    expect(await names(client, { scope: 'mine' })).toEqual(['a', 'c', 'b']);
    expect(await names(other, { scope: 'mine' })).toEqual(['d']);
    expect(await names(other, { scope: 'all' })).toEqual(['a', 'c', 'd', 'b']);
    const together = { scope: 'mine', status: 'error', taskId: 't', label: 'stage=x' };
    expect(await names(client, together)).toEqual(['a']);
    expect(await names(client, { ...together, status: 'ready' })).toEqual([]);
  });

  test('a label filter takes everything after the first = as the value', async () => {
    const { harness, client } = await startWithClient();
    await make(harness, client, [
      { name: 'a', labels: { query: 'x=y&z=' } },
      { name: 'b', labels: { query: '' } },
    ]);
    expect(await names(client, { label: 'query=x=y&z=' })).toEqual(['a']);
    expect(await names(client, { label: 'query=' })).toEqual(['b']);
  });

  test.each(['team', '=core', ''])('refuses the label filter %j', async (label) => {
    const { client } = await startWithClient();
    expect(await client.refusal('list_sessions', { label })).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('label'),
    });
  });

  test('pages through all, each once, with a cursor only where there is more', async () => {
    const { harness, client } = await startWithClient();
    const all = Array.from({ length: 7 }, (_, index) => ({ name: `s${index}` }));
    await make(harness, client, all);
    for (const limit of [1, 3, 7, 200]) {
      expect(await readPages(client, limit)).toEqual(all.map(({ name }) => name).reverse());
    }
  });

  test('pages through the list as it was at the first page, while sessions are made, change and end', async () => {
    const { harness, client } = await startWithClient();
    const ids = await make(
      harness,
      client,
      Array.from({ length: 7 }, (_, index) => ({ name: `s${index}` })),
    );
    const read = await readPages(client, 2, async (count) => {
      harness.pass(1);
      await client.call('link_task', { sessionId: ids[(count % 6) + 1], taskId: `${count}` });
      await client.call('end_session', { sessionId: ids[0] });
      await make(harness, client, [{ name: 'new' }]);
    });
    expect(read).toEqual(['s6', 's5', 's4', 's3', 's2', 's1', 's0']);
  });

  test('pages through sessions of the same millisecond without losing one', async () => {
    const { client } = await startWithClient();
    const all = Array.from({ length: 20 }, (_, index) => `s${index}`);
    await Promise.all(all.map((name) => client.call('create_session', { name })));
    expect(new Set(await readPages(client, 3)).size).toBe(20);
  });

  test('gives fifty at a time unless told', async () => {
    const { client } = await startWithClient();
    const made = Array.from({ length: 51 }, (_, index) =>
      client.call('create_session', { name: `s${index}` }),
    );
    await Promise.all(made);
    const page = await client.call('list_sessions');
    expect(page.sessions).toHaveLength(50);
    expect(page.nextCursor).toBeDefined();
  });

  test.each([
    'x',
    Buffer.from('null').toString('base64url'),
    Buffer.from('{"lastActivity":-1,"id":"x"}').toString('base64url'),
    Buffer.from('{"lastActivity":1,"id":"x","more":1}').toString('base64url'),
    Buffer.from("{'lastActivity':1}").toString('base64url'),
  ])('refuses the cursor %j, which it never gave', async (cursor) => {
    const { client } = await startWithClient();
    expect(await client.refusal('list_sessions', { cursor })).toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining('cursor'),
    });
  });
});
