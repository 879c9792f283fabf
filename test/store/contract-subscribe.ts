import { expect, test } from 'vitest';
import { SESSION_ID_PREFIX } from '../../src/session/session.ts';
import type { AppendOptions, Commit } from '../../src/store/store.ts';
import type { Opened } from './contract.ts';
import { ANY_TURN, claimed, createIn, finish, NOTHING, PRINCIPAL, say } from './fixtures.ts';

const ILLEGAL = { type: 'cancel_prompt', turnId: 'none' } as const;

export function subscribeContract({ store }: Opened): void {
  test('a listener hears of every commit, with the sessions that it touched', async () => {
    const [a, b, c] = [await createIn(store()), await createIn(store()), await createIn(store())];
    const heard = new Set<string>();
    const stop = store().subscribe(({ sessions }) => {
      for (const id of sessions) heard.add(id);
    });
    await Promise.all([say(store(), a, 'x'), say(store(), b, 'x'), store().append(c, NOTHING)]);
    stop();
    await say(store(), c, 'after');
    expect([...heard].sort()).toEqual([a, b].sort());
  });

  test('what a listener is told of can be read already', async () => {
    const id = await createIn(store());
    const read = new Promise((resolve) => {
      store().subscribe(() => resolve(store().session(PRINCIPAL, id)));
    });
    await say(store(), id, 'x');
    expect(await read).toMatchObject({ lastSeq: 2 });
  });

  test('a write that was refused is not told', async () => {
    const id = await createIn(store());
    const heard: unknown[] = [];
    store().subscribe((news) => heard.push(news));
    await expect(say(store(), `${SESSION_ID_PREFIX}none`, 'x')).rejects.toThrow();
    await expect(store().append(id, ILLEGAL)).rejects.toThrow('none');
    expect(heard).toEqual([]);
  });

  test('a listener that throws harms neither the writer nor the other listeners', async () => {
    const id = await createIn(store());
    let heard = 0;
    store().subscribe(() => {
      throw new Error('a faulty listener');
    });
    store().subscribe(() => {
      heard += 1;
    });
    await say(store(), id, 'x');
    expect(heard).toBe(1);
    expect((await say(store(), id, 'y')).session.lastSeq).toBe(3);
  });

  test('an observer hears of each event once, in order, with the session as it then stands', async () => {
    const heard: [string, number, string][] = [];
    const committed = ({ changes, durationMs }: Commit): void => {
      expect(durationMs).toBeGreaterThanOrEqual(0);
      for (const { session, events } of changes) {
        for (const { seq, type } of events) heard.push([session.id, seq, type]);
        expect(session.lastSeq).toBe(events.at(-1)?.seq);
      }
    };
    store().observe({ committed });
    const id = await createIn(store(), { prompts: ['p1'] });
    await Promise.all([say(store(), id, 'x'), say(store(), id, 'y'), store().append(id, NOTHING)]);
    await expect(store().append(id, ILLEGAL)).rejects.toThrow('none');
    await claimed(store(), 'me');
    expect(heard).toEqual([
      [id, 1, 'session_created'],
      [id, 2, 'prompt_queued'],
      [id, 3, 'text'],
      [id, 4, 'text'],
      [id, 5, 'turn_started'],
    ]);
  });

  test('news says whether there may be a turn to claim, and whether there may be orders', async () => {
    const id = await createIn(store());
    const heard: string[] = [];
    store().subscribe(({ sessions, work, orders }) => {
      if (sessions !== 'any' && sessions.size > 0) expect([...sessions]).toEqual([id]);
      heard.push([work && 'work', orders && 'orders'].filter(Boolean).join());
    });
    const said = async (write: Promise<unknown>) => {
      await write;
      return heard.splice(0);
    };
    const queue = (turnId: string, options?: AppendOptions) =>
      store().append(id, { type: 'queue_prompt', turnId, prompt: 'x' }, options);
    expect(await said(queue('1'))).toEqual(['work']);
    const claiming = claimed(store(), 'me');
    expect(await said(claiming)).toEqual(['orders']);
    const claim = await claiming;
    expect(await said(say(store(), id, 'x', claim))).toEqual(['']);
    expect(await said(queue('2'))).toEqual(['']);
    expect(await said(finish(store(), claim))).toEqual(['work']);
    const claimingNext = claimed(store(), 'me');
    expect(await said(claimingNext)).toEqual(['']);
    const next = await claimingNext;
    expect(await said(store().renew('me', [next.fence]))).toEqual([]);
    expect(await said(finish(store(), next))).toEqual(['']);
    expect(await said(queue('3', { claim: { ...ANY_TURN, owner: 'me' } }))).toEqual(['']);
    expect(await said(finish(store(), { ...next, turn: { ...next.turn, id: '3' } }))).toEqual(['']);
    expect(await said(store().takeOver(next.fence, 'you'))).toEqual(['orders']);
    const fence = { ...next.fence, owner: 'you', epoch: next.fence.epoch + 1 };
    expect(await said(store().release(fence))).toEqual(['work']);
    const order = { id: 'o1', sessionId: id, kind: 'interrupt', text: '' } as const;
    expect(await said(store().peers.send(order))).toEqual(['orders']);
    expect(await said(store().peers.settle(order, 'done'))).toEqual(['']);
    const connection = { mcpSessionId: 'm', principal: PRINCIPAL, owner: 'me' };
    expect(await said(store().peers.connect(connection))).toEqual([]);
    expect(await said(store().peers.disconnect('m'))).toEqual(['work']);
  });
}
