import { expect, test } from 'vitest';
import { LEASE_TIMES } from '../../src/process-limits.ts';
import type { Claimant } from '../../src/store/store.ts';
import type { Opened } from './contract.ts';
import {
  ANY_TURN,
  claimed,
  createIn,
  finish,
  PRINCIPAL,
  record,
  seqsOf,
  upTo,
} from './fixtures.ts';

/** Which turn an owner gets, and when it gets none. */
export function claimContract({ current, store }: Opened): void {
  test('a claim starts the earliest prompt of the session and gives it with its fence', async () => {
    const id = await createIn(store(), { prompts: ['p1', 'p2'] });
    const claim = await claimed(store(), 'me');
    expect(claim).toMatchObject({
      session: { id, status: 'busy', turns: { queued: 1, running: 1 } },
      turn: { id: 'p1', prompt: 'p1', state: 'running' },
      fence: { sessionId: id, owner: 'me', epoch: 1 },
    });
    expect(claim.leftover).toBeUndefined();
    expect(await store().session(PRINCIPAL, id)).toEqual(claim.session);
    expect((await store().events(id, 3, 9)).map((event) => event.type)).toEqual(['turn_started']);
  });

  test('a session runs one turn at a time, whoever claims', async () => {
    await createIn(store(), { prompts: ['p1', 'p2'] });
    const first = await claimed(store(), 'me');
    expect(await store().claim('me', ANY_TURN)).toBeUndefined();
    current().advance(LEASE_TIMES.leaseMs * 2);
    expect(await store().claim('you', ANY_TURN)).toBeUndefined();
    await finish(store(), first);
    expect((await claimed(store(), 'me')).turn.id).toBe('p2');
  });

  test('a prompt can be queued and its turn claimed in one commit', async () => {
    const id = await createIn(store());
    const commits: string[][] = [];
    store().observe({
      committed: ({ changes }) =>
        commits.push(changes.flatMap(({ events }) => events.map(({ type }) => type))),
    });
    const queue = (turnId: string, claim: Claimant) =>
      store().append(id, { type: 'queue_prompt', turnId, prompt: turnId, next: false }, { claim });
    const cold = await queue('p1', { ...ANY_TURN, owner: 'me' });
    expect(commits).toEqual([['prompt_queued', 'turn_started']]);
    expect(cold.events.map(({ type }) => type)).toEqual(['prompt_queued']);
    const { claim } = cold;
    if (typeof claim !== 'object') throw new Error(`nothing was claimed: ${claim}`);
    expect(claim).toMatchObject({ turn: { id: 'p1' }, prompted: false });
    expect((await store().leases(id))[0]?.turn?.prompted).toBe(false);
    expect((await queue('p2', { ...ANY_TURN, owner: 'me' })).claim).toBeUndefined();
    await finish(store(), claim);
    expect((await claimed(store(), 'me')).turn.id).toBe('p2');
  });

  test('a turn for a warm process is claimed as prompted, under the lease of that process only', async () => {
    const id = await createIn(store(), { prompts: ['p1', 'p2', 'p3'] });
    const first = await claimed(store(), 'me');
    await finish(store(), first);
    const second = await claimed(store(), 'me', { warm: first.fence });
    expect(second).toMatchObject({ turn: { id: 'p2' }, prompted: true });
    expect((await store().leases(id))[0]?.turn).toEqual({ id: 'p2', prompted: true });
    await finish(store(), second);
    await store().release(second.fence);
    const third = await claimed(store(), 'me', { warm: first.fence });
    expect(third).toMatchObject({ turn: { id: 'p3' }, prompted: false });
  });

  test('many owners at once never claim the same turn', async () => {
    for (const n of upTo(10)) await createIn(store(), { prompts: [`${n}a`, `${n}b`] });
    const claims = await Promise.all(upTo(15).map((n) => store().claim(`owner${n}`, ANY_TURN)));
    const turns = claims.flatMap((claim) => (typeof claim === 'object' ? claim.turn.id : []));
    expect(turns.sort()).toEqual(
      upTo(10)
        .map((n) => `${n}a`)
        .sort(),
    );
  });

  test('the session served longest ago comes first, however long the queue of another', async () => {
    await createIn(store(), { prompts: upTo(9).map((n) => `long${n}`) });
    current().advance(1);
    await createIn(store(), { prompts: ['b1', 'b2'] });
    current().advance(1);
    await createIn(store(), { prompts: ['c1'] });
    const order: string[] = [];
    for (const _ of upTo(6)) {
      current().advance(1);
      const claim = await claimed(store(), 'me');
      order.push(claim.turn.id);
      await finish(store(), claim);
    }
    expect(order).toEqual(['long1', 'b1', 'c1', 'long2', 'b2', 'long3']);
  });

  test('new sessions do not push back one that has been waiting', async () => {
    await createIn(store(), { prompts: ['old1', 'old2'] });
    current().advance(1);
    await finish(store(), await claimed(store(), 'me'));
    current().advance(1);
    await createIn(store(), { prompts: ['new'] });
    expect((await claimed(store(), 'me')).turn.id).toBe('old2');
  });

  test.each([
    ['principals', { principal: 'bob' }],
    ['MCP sessions of one principal', { mcpSessionId: 'mcp_other' }],
  ])(
    'of %s the one that has gone without longest comes first, however many sessions the other has',
    async (_, other) => {
      for (const n of upTo(100)) {
        await createIn(store(), { prompts: [`many${n}`], mcpSessionId: 'mcp_many' });
        current().advance(1);
      }
      const running = [await claimed(store(), 'me'), await claimed(store(), 'me')];
      await createIn(store(), { prompts: ['one1', 'one2'], ...other });
      const order: string[] = [];
      for (let turn = running.shift(); turn && order.length < 5; turn = running.shift()) {
        current().advance(1);
        await finish(store(), turn);
        running.push(await claimed(store(), 'me'));
        order.push(running.at(-1)?.turn.id ?? '');
      }
      expect(order).toEqual(['one1', 'many3', 'many4', 'one2', 'many5']);
    },
  );

  test('a second running turn is refused even if a decision allows it', async () => {
    const id = await createIn(store(), { prompts: ['p1', 'p2'] });
    const { turn } = await claimed(store(), 'me');
    const second = { ...turn, id: 'p2' };
    await expect(
      store().append(id, record({ type: 'turn_started', turnId: 'p2', turn: second })),
    ).rejects.toThrow();
    expect(await store().turn(id, 'p2')).toMatchObject({ state: 'queued' });
    expect(await seqsOf(store(), id)).toEqual([1, 2, 3, 4]);
  });

  test('a host that is full says so, but goes on with the processes that it has', async () => {
    await createIn(store(), { prompts: ['a1', 'a2'] });
    await createIn(store(), { prompts: ['b1'] });
    const warm = await claimed(store(), 'me', { maxLive: 1 });
    expect(await store().claim('me', { ...ANY_TURN, maxLive: 1 })).toBe('full');
    expect(await store().claim('you', { ...ANY_TURN, maxLive: 1 })).toBe('full');
    await finish(store(), warm);
    expect((await claimed(store(), 'me', { maxLive: 1 })).turn.id).toBe('a2');
    expect((await claimed(store(), 'you', { maxLive: 2 })).turn.id).toBe('b1');
    expect(await store().claim('you', { ...ANY_TURN, maxLive: 2 })).toBeUndefined();
  });

  test('sessions the owner cannot run now are left out', async () => {
    const first = await createIn(store(), { prompts: ['a'] });
    const second = await createIn(store(), { prompts: ['b'] });
    const claim = await claimed(store(), 'me', { except: new Set([first]) });
    expect(claim.session.id).toBe(second);
    const both = new Set([first, second]);
    expect(await store().claim('me', { ...ANY_TURN, except: both })).toBeUndefined();
  });

  test('the next turn of a warm session stays with its owner, under the same epoch', async () => {
    const id = await createIn(store(), { prompts: ['p1', 'p2'] });
    await finish(store(), await claimed(store(), 'me'));
    expect(await store().claim('you', ANY_TURN)).toBeUndefined();
    expect((await claimed(store(), 'me')).fence).toEqual({ sessionId: id, owner: 'me', epoch: 1 });
  });
}
