import { describe, expect, test } from 'vitest';
import { COMPLETIONS_MAX } from '../../src/limits.ts';
import { startHarness, startWithClient } from '../support/harness.ts';
import type { TestClient } from '../support/mcp-client.ts';
import { errorOf } from './client.ts';

const SESSION = { type: 'ref/resource', uri: 'claude-session://{id}/transcript' } as const;
const prompt = (name: string) => ({ type: 'ref/prompt', name }) as const;

type Asked = Parameters<TestClient['client']['complete']>[0]['ref'];

async function complete({ client }: TestClient, ref: Asked, name: string, value: string) {
  return (await client.complete({ ref, argument: { name, value } })).completion;
}

describe('completion/complete', () => {
  test('offers ids of sessions, by their beginning or by that of the name', async () => {
    const { harness, client } = await startWithClient();
    const { session } = await client.call('create_session', { name: 'Fix the build' });
    harness.pass(1);
    const other = await client.call('create_session', { name: 'Write docs' });
    const values = [other.session.id, session.id];
    expect(await complete(client, SESSION, 'id', '')).toEqual({ values, hasMore: false });
    expect(await complete(client, SESSION, 'id', 'claude_')).toEqual({ values, hasMore: false });
    for (const typed of [session.id.slice(0, 20), 'fix']) {
      expect((await complete(client, SESSION, 'id', typed)).values).toEqual([session.id]);
    }
    const forPrompt = await complete(client, prompt('review_session'), 'sessionId', 'write');
    expect(forPrompt.values).toEqual([other.session.id]);
  });

  test('offers task ids and labels where a prompt asks for them, and nothing for free text', async () => {
    const { client } = await startWithClient();
    await client.call('create_session', { taskId: 'T-1', labels: { team: 'shop' } });
    const report = prompt('daily_report');
    expect((await complete(client, report, 'taskId', 'T')).values).toEqual(['T-1']);
    expect((await complete(client, report, 'label', 'te')).values).toEqual(['team=shop']);
    expect((await complete(client, prompt('delegate_task'), 'task', 'T')).values).toEqual([]);
    expect((await complete(client, report, 'constructor', '')).values).toEqual([]);
    expect((await complete(client, report, 'taskId', 'T'.repeat(100_000))).values).toEqual([]);
  });

  test('offers a hundred at most, and says that there are more', async () => {
    const { client } = await startWithClient({ settings: { maxSessions: 200 } });
    for (let n = 0; n <= COMPLETIONS_MAX; n += 1) await client.call('create_session');
    const { values, hasMore } = await complete(client, SESSION, 'id', '');
    expect(values).toHaveLength(COMPLETIONS_MAX);
    expect(hasMore).toBe(true);
  });

  test('refuses a prompt and a template that it does not have', async () => {
    const { client } = await (await startHarness()).connect();
    const argument = { name: 'id', value: '' };
    for (const ref of [prompt('nonsense'), prompt('__proto__'), { ...SESSION, uri: 'x://{id}' }]) {
      expect(await errorOf(client.complete({ ref, argument }))).toMatchObject({ code: -32602 });
    }
  });
});
