import { expect, test } from 'vitest';
import type { Opened } from './contract.ts';
import { createIn, creation, keyOf, newSessionId, PRINCIPAL, seqsOf, upTo } from './fixtures.ts';

const prompt = (turnId: string) => ({ type: 'queue_prompt', turnId, prompt: 'do it' }) as const;

export function keyContract({ current, store }: Opened): void {
  test('a repeated call answers as the first did and writes nothing', async () => {
    const id = await createIn(store());
    const first = await store().append(id, prompt('a'), { key: keyOf('k') });
    await store().append(id, prompt('b'));
    const again = await store().append(id, prompt('c'), { key: keyOf('k') });
    expect(again.reply).toEqual({ sessionId: id, turnId: 'a', after: 2 });
    expect(again.reply).toEqual(first.reply);
    expect(again.events).toEqual([]);
    expect(again.session.turns.queued).toBe(2);
    expect(await seqsOf(store(), id)).toEqual([1, 2, 3]);
  });

  test('a repeated creation makes no second session, though it names another id', async () => {
    const first = await store().create(newSessionId(), creation(), keyOf('k'));
    const again = await store().create(newSessionId(), creation(), keyOf('k'));
    expect(again).toEqual({ ...first, events: [], isRetry: true });
    expect(await store().sessions({ principal: PRINCIPAL, limit: 9 })).toHaveLength(1);
  });

  test('calls that arrive at once with one key are one call', async () => {
    const id = await createIn(store());
    const calls = upTo(20).map((n) => store().append(id, prompt(`t${n}`), { key: keyOf('k') }));
    const replies = (await Promise.all(calls)).map((appended) => appended.reply.turnId);
    expect(new Set(replies).size).toBe(1);
    expect(await seqsOf(store(), id)).toEqual([1, 2]);
  });

  test('a key is known when the store is opened again', async () => {
    const id = await createIn(store());
    const first = await store().append(id, prompt('a'), { key: keyOf('k') });
    const reopened = await current().reopen();
    const again = await reopened.append(id, prompt('b'), { key: keyOf('k') });
    expect(again.reply).toEqual(first.reply);
  });

  test('a key used before with other arguments is a conflict', async () => {
    const id = await createIn(store());
    await store().append(id, prompt('a'), { key: keyOf('k', 'these') });
    await expect(
      store().append(id, prompt('b'), { key: keyOf('k', 'those') }),
    ).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await seqsOf(store(), id)).toEqual([1, 2]);
  });

  test('keys of other principals and other tools are other keys', async () => {
    const id = await createIn(store());
    const keys = [
      keyOf('k'),
      { ...keyOf('k'), principal: 'bob' },
      { ...keyOf('k'), tool: 'other' },
    ];
    for (const [n, key] of keys.entries()) await store().append(id, prompt(`t${n}`), { key });
    expect((await store().session(PRINCIPAL, id))?.turns.queued).toBe(3);
  });

  test('a call that failed has not used up its key', async () => {
    const id = await createIn(store());
    const key = keyOf('k');
    await expect(
      store().append(id, { type: 'cancel_prompt', turnId: 'none' }, { key }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const { reply } = await store().append(id, prompt('a'), { key });
    expect(reply.turnId).toBe('a');
  });
}
