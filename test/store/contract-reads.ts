import { expect, test } from 'vitest';
import { EVENT_PAGE_BYTES_MAX, EVENT_TEXT_BYTES_MAX } from '../../src/limits.ts';
import type { IdleQuery, SessionCursor, SessionQuery } from '../../src/store/queries.ts';
import type { Store } from '../../src/store/store.ts';
import type { Opened } from './contract.ts';
import { answering, asking } from './contract-log.ts';
import { createIn, openSessions, PRINCIPAL, say, upTo } from './fixtures.ts';

/** What {@link IN_ALL} matches. */
const FILTERS = [{ taskId: 't' }, { label: { key: 'team', value: 'x' } }, { mcpSessionId: 'm' }];
const IN_ALL = { taskId: 't', labels: { team: 'x' }, mcpSessionId: 'm' };

async function idsOf(store: Store, query: Partial<SessionQuery>): Promise<readonly string[]> {
  const found = await store.sessions({ principal: PRINCIPAL, limit: 100, ...query });
  return found.map((session) => session.id);
}

export function readContract({ current, store }: Opened): void {
  test('another principal sees nothing of a session', async () => {
    const id = await createIn(store(), { prompts: ['p1'], taskId: 't' });
    await store().append(id, { type: 'start_turn', turnId: 'p1', origin: 'prompt' });
    await store().append(id, asking('r1', 'p1'));
    expect(await store().session('bob', id)).toBeUndefined();
    expect(await idsOf(store(), { principal: 'bob', taskId: 't' })).toEqual([]);
    expect((await store().requests({ principal: 'bob', requestId: 'r1' }))[0]).toBeUndefined();
    expect(await store().requests({ principal: 'bob', limit: 9 })).toEqual([]);
    expect((await store().sums('bob', 'task:t')).metrics.totalSessions).toBe(0);
  });

  test('a list shows the newest activity first and filters by each word', async () => {
    const a = await createIn(store(), { mcpSessionId: 'm1', taskId: 't', labels: { team: 'x' } });
    current().advance(1);
    const b = await createIn(store(), { mcpSessionId: 'm2', taskId: 't', labels: { team: 'y' } });
    current().advance(1);
    const c = await createIn(store(), { labels: { team: 'x', tier: 'x' } });
    current().advance(1);
    await say(store(), a, 'newest');
    await store().append(b, { type: 'end', reason: 'over' });
    await store().append(c, { type: 'link_task', taskId: 't' });
    await store().append(c, { type: 'unlink_task', taskId: 't' });
    await store().append(c, { type: 'tie', mcpSessionId: 'm1' });
    current().advance(1);
    await say(store(), a, 'newest');
    expect(await idsOf(store(), {})).toEqual([a, ...[b, c].sort().reverse()]);
    expect(await idsOf(store(), { mcpSessionId: 'm1' })).toEqual([a, c]);
    expect(await idsOf(store(), { status: 'terminated' })).toEqual([b]);
    expect(await idsOf(store(), { openOnly: true })).toEqual([a, c]);
    expect(await idsOf(store(), { taskId: 't' })).toEqual([a, b]);
    expect(await idsOf(store(), { label: { key: 'team', value: 'x' } })).toEqual([a, c]);
    const all = { mcpSessionId: 'm1', taskId: 't', label: { key: 'team', value: 'x' } };
    expect(await idsOf(store(), { ...all, status: 'ready' })).toEqual([a]);
  });

  test('a page goes on after its cursor under every filter', async () => {
    // All in one millisecond: only their ids tell them apart.
    for (const _ of upTo(3)) await createIn(store(), IN_ALL);
    for (const filter of [{}, ...FILTERS]) {
      const query = { principal: PRINCIPAL, limit: 9, ...filter };
      const [first, ...rest] = await store().sessions(query);
      if (first === undefined) throw new Error('no session found');
      const cursor = { lastActivity: first.lastActivity, id: first.id };
      expect(await idsOf(store(), { ...filter, cursor })).toEqual(
        rest.map((session) => session.id),
      );
      expect(rest).toHaveLength(2);
    }
  });

  test.each([{}, ...FILTERS])(
    'the pages of a list with %j hold each of its sessions once, whatever changes between them',
    async (filter) => {
      const ids: string[] = [];
      for (const _ of upTo(6)) {
        ids.unshift(await createIn(store(), IN_ALL));
        current().advance(1);
      }
      const [newest = '', second = '', third = '', , , oldest = ''] = ids;
      const query = { principal: PRINCIPAL, limit: 1, ...filter };
      const seen: string[] = [];
      let cursor: SessionCursor | undefined;
      for (const changed of [oldest, second, newest, oldest, third, second]) {
        const [next] = await store().sessions({ ...query, cursor });
        if (next === undefined) break;
        const { id, place = next.lastActivity } = next;
        seen.push(id);
        cursor = { lastActivity: place, id, asOf: cursor?.asOf ?? place };
        await say(store(), changed, 'x');
        await createIn(store(), IN_ALL);
        current().advance(1);
      }
      expect(seen).toEqual(ids);
      expect(await store().sessions({ ...query, cursor })).toEqual([]);
    },
  );

  test('a filter that lets a great many sessions through lets no other through', async () => {
    const many = await Promise.all(upTo(1005).map(() => createIn(store(), IN_ALL)));
    current().advance(1);
    await createIn(store(), { mcpSessionId: 'n', taskId: 'u', labels: { team: 'y', tier: 'x' } });
    const newest = many.sort().reverse().slice(0, 2);
    for (const filter of FILTERS) {
      expect(await idsOf(store(), { ...filter, limit: 2 })).toEqual(newest);
    }
  });

  test('pending permission requests are listed, oldest first, until they are answered', async () => {
    const a = await createIn(store(), { prompts: ['a'], mcpSessionId: 'm' });
    const b = await createIn(store(), { prompts: ['b'] });
    await store().append(a, { type: 'start_turn', turnId: 'a', origin: 'prompt' });
    await store().append(b, { type: 'start_turn', turnId: 'b', origin: 'prompt' });
    await store().append(b, asking('r1', 'b'));
    await store().append(a, asking('r2', 'a'));
    await store().append(b, asking('r3', 'b'));
    const pending = async (query: object) =>
      (await store().requests({ principal: PRINCIPAL, limit: 9, ...query })).map(
        (request) => request.requestId,
      );
    expect(await pending({})).toEqual(['r1', 'r2', 'r3']);
    expect(await pending({ limit: 2 })).toEqual(['r1', 'r2']);
    expect(await pending({ sessionId: b })).toEqual(['r1', 'r3']);
    expect(await pending({ mcpSessionId: 'm' })).toEqual(['r2']);
    await store().append(b, answering('r1'));
    expect(await pending({})).toEqual(['r2', 'r3']);
    expect((await store().requests({ principal: PRINCIPAL, requestId: 'r1' }))[0]).toMatchObject({
      state: 'allowed',
      sessionId: b,
      input: { command: 'ls' },
    });
  });

  test('idle sessions are those that neither work nor have ended, longest idle first', async () => {
    const [first, busy, ended, second, fresh] = [
      await createIn(store()),
      await createIn(store(), { prompts: ['p'] }),
      await createIn(store()),
      await createIn(store(), { principal: 'bob' }),
      await createIn(store()),
    ];
    await store().append(busy, { type: 'start_turn', turnId: 'p', origin: 'prompt' });
    await store().append(ended, { type: 'end', reason: 'over' });
    current().advance(1);
    await say(store(), second, 'x');
    current().advance(1);
    await say(store(), fresh, 'x');
    const idle = async (query: Partial<IdleQuery>) =>
      store().idle({ idleMs: 0, limit: 9, ...query });
    const marks = [
      { id: first, lastSeq: 1 },
      { id: second, lastSeq: 2 },
    ];
    expect(await idle({})).toEqual(marks);
    expect(await idle({ idleMs: 1 })).toEqual(marks.slice(0, 1));
    expect(await idle({ idleMs: 2 })).toEqual([]);
    expect(await idle({ limit: 1 })).toEqual(marks.slice(0, 1));
    expect(await idle({ principal: 'bob' })).toEqual(marks.slice(1));
    expect(await openSessions(store())).toBe(4);
  });

  test('a page of large events ends early, and the pages together hold all of them', async () => {
    const id = await createIn(store());
    const text = 'ä'.repeat(EVENT_TEXT_BYTES_MAX / 2);
    await Promise.all(upTo(40).map(() => say(store(), id, text)));
    const seqs: number[] = [];
    for (;;) {
      const page = await store().events(id, seqs.at(-1) ?? 0, 500);
      if (page.length === 0) break;
      expect(page.length).toBeLessThanOrEqual(EVENT_PAGE_BYTES_MAX / EVENT_TEXT_BYTES_MAX);
      seqs.push(...page.map(({ seq }) => seq));
    }
    expect(seqs).toEqual(upTo(41));
  });
}
