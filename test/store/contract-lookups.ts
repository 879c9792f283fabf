import { expect, test } from 'vitest';
import type { CompletionQuery, SessionCursor } from '../../src/store/queries.ts';
import type { Store } from '../../src/store/store.ts';
import type { Opened } from './contract.ts';
import { createIn, creation, PRINCIPAL, say, upTo } from './fixtures.ts';

function completed(store: Store, query: Partial<CompletionQuery>): Promise<readonly string[]> {
  return store.complete({ principal: PRINCIPAL, of: 'session', prefix: '', limit: 100, ...query });
}

async function named(store: Store, id: string, name: string): Promise<void> {
  const [created, ...rest] = creation();
  if (created?.type !== 'session_created') throw new Error('a log begins with its creation');
  await store.create(id, [{ ...created, name }, ...rest]);
}

export function lookupContract({ current, store }: Opened): void {
  test('a session is completed by its id or the beginning of its name, newest activity first', async () => {
    await named(store(), 'claude_aa1', 'Fix the build');
    current().advance(1);
    await named(store(), 'claude_ab2', 'fix 100%_done');
    await named(store(), 'claude_b', 'Other');
    current().advance(1);
    await say(store(), 'claude_aa1', 'newest');
    expect(await completed(store(), { prefix: 'claude_a' })).toEqual(['claude_aa1', 'claude_ab2']);
    expect(await completed(store(), { prefix: 'FIX' })).toEqual(['claude_aa1', 'claude_ab2']);
    expect(await completed(store(), { prefix: 'fix 100%_' })).toEqual(['claude_ab2']);
    expect(await completed(store(), { prefix: 'fix %' })).toEqual([]);
    expect(await completed(store(), { prefix: 'claude_', limit: 2 })).toHaveLength(2);
  });

  test('tasks and labels are completed, each word once and in order', async () => {
    await createIn(store(), { taskId: 'T-2', labels: { team: 'x', tier: '1' } });
    const id = await createIn(store(), { taskId: 'T-1', labels: { team: 'x' } });
    await createIn(store(), { taskId: 'T-1', labels: { team: 'y=z' } });
    await store().append(id, { type: 'link_task', taskId: 'gone' });
    await store().append(id, { type: 'unlink_task', taskId: 'gone' });
    expect(await completed(store(), { of: 'task' })).toEqual(['T-1', 'T-2']);
    expect(await completed(store(), { of: 'task', prefix: 'T-2' })).toEqual(['T-2']);
    expect(await completed(store(), { of: 'task', prefix: 'T-3' })).toEqual([]);
    expect(await completed(store(), { of: 'label', prefix: 'te' })).toEqual(['team=x', 'team=y=z']);
    expect(await completed(store(), { of: 'label', prefix: 'team=y' })).toEqual(['team=y=z']);
  });

  test('labels and a name that are changed replace the old ones wherever a session is found', async () => {
    const id = await createIn(store(), { labels: { team: 'x', tier: '1' } });
    const asked = { name: 'later', labels: { team: 'y' } };
    await store().append(id, { type: 'update', asked });
    const found = async (label: { key: string; value: string }) =>
      (await store().sessions({ principal: PRINCIPAL, label, limit: 9 })).map((one) => one.id);
    expect(await found({ key: 'team', value: 'y' })).toEqual([id]);
    expect(await found({ key: 'team', value: 'x' })).toEqual([]);
    expect(await found({ key: 'tier', value: '1' })).toEqual([]);
    expect(await completed(store(), { of: 'label', prefix: 't' })).toEqual(['team=y']);
    expect(await store().named({ principal: PRINCIPAL, name: 'later', limit: 9 })).toEqual([id]);
    expect(await store().session(PRINCIPAL, id)).toMatchObject(asked);
    await store().append(id, { type: 'update', asked: { labels: {} } });
    expect(await completed(store(), { of: 'label', prefix: 't' })).toEqual([]);
  });

  test('another principal completes nothing of these', async () => {
    await named(store(), 'claude_a', 'secret');
    await createIn(store(), { taskId: 'T', labels: { team: 'x' } });
    for (const of of ['session', 'task', 'label'] as const) {
      expect(await completed(store(), { of, principal: 'bob' })).toEqual([]);
    }
    expect(await completed(store(), { principal: 'bob', prefix: 'claude_a' })).toEqual([]);
    expect(await completed(store(), { principal: 'bob', prefix: 'secret' })).toEqual([]);
  });

  test('a session is found by exactly its name until it has ended, by its principal only', async () => {
    const find = (name: string, principal = PRINCIPAL, limit = 9) =>
      store().named({ principal, name, limit });
    await named(store(), 'claude_b', 'api');
    await named(store(), 'claude_a', 'api');
    await named(store(), 'claude_c', 'API');
    await createIn(store());
    expect(await find('api')).toEqual(['claude_a', 'claude_b']);
    expect(await find('api', PRINCIPAL, 1)).toEqual(['claude_a']);
    expect(await find('API')).toEqual(['claude_c']);
    for (const other of ['ap', 'api ', '', 'claude_a', '%']) expect(await find(other)).toEqual([]);
    expect(await find('api', 'bob')).toEqual([]);
    await store().append('claude_a', { type: 'link_task', taskId: 't' });
    await store().append('claude_b', { type: 'end', reason: 'over' });
    expect(await find('api')).toEqual(['claude_a']);
    await current().reopen();
    expect(await find('api')).toEqual(['claude_a']);
  });

  test('what has changed since a place is read page by page, the oldest first', async () => {
    const ids: string[] = [];
    for (const n of upTo(7)) {
      if (n % 2 === 0) current().advance(1);
      ids.push(await createIn(store()));
    }
    await createIn(store(), { principal: 'bob' });
    current().advance(1);
    const [first = ''] = ids;
    await store().append(first, { type: 'end', reason: 'over' });
    const seen: string[] = [];
    let after: SessionCursor = { lastActivity: 0, id: '' };
    for (;;) {
      const marks = await store().activity({ principal: PRINCIPAL, after, limit: 2 });
      seen.push(...marks.map((mark) => mark.id));
      const last = marks.at(-1);
      if (last === undefined) break;
      after = last;
    }
    expect([...seen].sort()).toEqual([...ids].sort());
    expect(seen.at(-1)).toBe(first);
    const [mark] = await store().activity({
      principal: PRINCIPAL,
      after: { ...after, id: '' },
      limit: 1,
    });
    expect(mark).toMatchObject({ id: first, lastSeq: 2, endedAt: expect.any(Number) });
  });
}
