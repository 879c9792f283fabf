import { expect, test } from 'vitest';
import type { Order } from '../../src/store/peers.ts';
import type { Opened } from './contract.ts';
import { answering, asking } from './contract-log.ts';
import {
  claimed,
  createIn,
  creation,
  keyOf,
  newSessionId,
  openSessions,
  PRINCIPAL,
  say,
  upTo,
} from './fixtures.ts';

export function serverContract({ current, store }: Opened): void {
  test('an order waits for the owner of the session until it is finished', async () => {
    const mine = await createIn(store(), { prompts: ['p1'] });
    const unowned = await createIn(store());
    await claimed(store(), 'me');
    const orders: readonly Order[] = [
      { id: 'o2', sessionId: mine, kind: 'steer', turnId: 'p1', text: 'left' },
      { id: 'o1', sessionId: mine, kind: 'interrupt', text: '' },
    ];
    for (const order of orders) await store().peers.send(order);
    await store().peers.send({ id: 'o3', sessionId: unowned, kind: 'interrupt', text: '' });
    expect(await store().peers.orders('me')).toEqual(orders);
    expect(await store().peers.orders('you')).toEqual([]);
    for (const order of orders) {
      expect(await store().peers.orderState(order.id)).toBe('open');
      await store().peers.settle(order, 'done');
      expect(await store().peers.orderState(order.id)).toBe('done');
    }
    expect(await store().peers.orders('me')).toEqual([]);
  });

  test('an order that is refused waits for its sender, and for nobody else', async () => {
    const sessionId = await createIn(store(), { prompts: ['p1'] });
    await claimed(store(), 'me');
    const order = { id: 'o1', sessionId, kind: 'steer', turnId: 'p1', text: 'left' } as const;
    await store().peers.send(order);
    await store().peers.settle(order, 'refused');
    expect(await store().peers.orders('me')).toEqual([]);
    expect(await store().peers.orderState('o1')).toBe('refused');
    await store().peers.settle(order, 'done');
    expect(await store().peers.orderState('o1')).toBe('done');
  });

  test('an MCP session is at the server it connected to last, until it disconnects', async () => {
    const connection = { mcpSessionId: 'm', principal: PRINCIPAL, owner: 'me' };
    expect((await store().peers.connections('m'))[0]).toBeUndefined();
    await store().peers.connect(connection);
    await store().peers.connect({ ...connection, owner: 'you' });
    const again = await current().reopen();
    expect((await again.peers.connections('m'))[0]).toEqual({ ...connection, owner: 'you' });
    expect(await again.peers.connections()).toEqual([{ ...connection, owner: 'you' }]);
    await again.peers.disconnect('m');
    expect(await again.peers.connections()).toEqual([]);
  });

  test('what ended long ago is forgotten step by step, and still counted', async () => {
    const made = { mcpSessionId: 'm', taskId: 't', labels: { team: 'x' }, prompts: ['p1', 'p2'] };
    const old = newSessionId();
    await store().create(old, creation(made), keyOf('old'));
    const { fence } = await claimed(store(), 'me');
    await store().append(old, asking('r1', 'p1'));
    await store().append(old, answering('r1'));
    for (const n of upTo(30)) await say(store(), old, `${n}`);
    await store().append(old, { type: 'end', reason: 'over' });
    current().advance(10);
    const ageMs = 5;
    // Whoever holds it has not seen to its process yet.
    expect(await store().prune(ageMs, 1000)).toBe(false);
    expect(await store().session(PRINCIPAL, old)).toMatchObject({ status: 'terminated' });
    await store().release(fence);
    const later = await createIn(store(), { mcpSessionId: 'm' });
    await store().append(later, { type: 'end', reason: 'over' });
    const open = await createIn(store());

    let steps = 1;
    while (await store().prune(ageMs, 10)) steps += 1;
    expect(steps).toBeGreaterThan(3);
    expect(await store().session(PRINCIPAL, old)).toBeUndefined();
    expect(await store().events(old, 0, 100)).toEqual([]);
    expect(await store().turn(old, 'p1')).toBeUndefined();
    expect((await store().requests({ principal: PRINCIPAL, requestId: 'r1' }))[0]).toBeUndefined();
    const left = await store().sessions({ principal: PRINCIPAL, limit: 9 });
    expect(left.map((kept) => kept.id).sort()).toEqual([later, open].sort());
    expect((await store().sums(PRINCIPAL, 'principal')).metrics).toMatchObject({
      totalSessions: 3,
      endedSessions: 2,
    });
    expect((await store().sums(PRINCIPAL, 'mcp:m')).metrics).toMatchObject({ totalSessions: 1 });
    expect(await openSessions(store())).toBe(1);
    // Its key is forgotten too: the same call makes a session of its own now.
    const again = await store().create(newSessionId(), creation(), keyOf('old'));
    expect(again.events).toHaveLength(1);
  });
}
