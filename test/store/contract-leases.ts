import { expect, test } from 'vitest';
import { LEASE_TIMES } from '../../src/process-limits.ts';
import { markedOnly } from '../../src/session/process.ts';
import { type Fence, StaleFenceError } from '../../src/store/store.ts';
import type { Opened } from './contract.ts';
import { ANY_TURN, claimed, createIn, finish, PRINCIPAL, say, seqsOf } from './fixtures.ts';

const PROCESS = { pid: 41, startTime: '7', bootId: 'boot', marker: 'm1' };

export function leaseContract({ current, store }: Opened): void {
  test('a lapsed lease passes on with a higher epoch and what it left behind', async () => {
    const id = await createIn(store(), { prompts: ['p1', 'p2'] });
    const old = await claimed(store(), 'me');
    await store().note(old.fence, { process: PROCESS });
    await finish(store(), old);
    current().advance(LEASE_TIMES.leaseMs - 1);
    expect(await store().claim('you', ANY_TURN)).toBeUndefined();
    current().advance(1);
    const taken = await claimed(store(), 'you');
    expect(taken.fence).toEqual({ sessionId: id, owner: 'you', epoch: 2 });
    expect(taken.leftover).toEqual(PROCESS);
  });

  test('a lapsed lease stays where it is while lapsed leases are not to be taken', async () => {
    await createIn(store(), { prompts: ['p1', 'p2'] });
    await finish(store(), await claimed(store(), 'me'));
    current().advance(LEASE_TIMES.leaseMs * 2);
    expect(await store().claim('you', { ...ANY_TURN, takeLapsed: false })).toBeUndefined();
    expect((await claimed(store(), 'me', { takeLapsed: false })).fence.epoch).toBe(1);
  });

  test('a released session is free at once, with nothing left behind', async () => {
    await createIn(store(), { prompts: ['p1', 'p2'] });
    const old = await claimed(store(), 'me');
    await store().note(old.fence, { process: PROCESS });
    await finish(store(), old);
    await store().release(old.fence);
    expect(await store().leases()).toEqual([]);
    const next = await claimed(store(), 'you');
    expect(next.fence.epoch).toBe(2);
    expect(next.leftover).toBeUndefined();
  });

  test('what Claude writes before it is an event is activity, but moves neither the log nor the list', async () => {
    const id = await createIn(store(), { prompts: ['p1'] });
    const { fence, session: before } = await claimed(store(), 'me');
    const list = async () => (await store().sessions({ principal: PRINCIPAL, limit: 9 }))[0];
    const asBefore = await store().events(id, 0, 500);
    current().advance(5_000);
    const heardAt = before.lastActivity + 5_000;
    await store().note(fence, { heardAt });
    expect(await list()).toEqual({
      ...before,
      lastActivity: heardAt,
      heard: { turnId: before.lastTurn?.id, at: heardAt },
      place: before.lastActivity,
    });
    expect(await store().events(id, 0, 500)).toEqual(asBefore);
    await store().note(fence, { heardAt: heardAt - 1 });
    expect((await list())?.lastActivity).toBe(heardAt);
    current().advance(5_000);
    await say(store(), id, 'whole', { fence });
    const after = await store().session(PRINCIPAL, id);
    expect(after).toMatchObject({ lastActivity: heardAt + 5_000, lastSeq: before.lastSeq + 1 });
    expect(await list()).toEqual(after);
    const stale = { ...fence, epoch: fence.epoch + 1 };
    await expect(store().note(stale, { heardAt })).rejects.toThrow(StaleFenceError);
  });

  test('what a process runs in the background is shown with the session, for as long as its lease', async () => {
    const id = await createIn(store(), { prompts: ['p1', 'p2'] });
    const claim = await claimed(store(), 'me');
    const { fence } = claim;
    const shown = async () => (await store().session(PRINCIPAL, id))?.background?.tasks;
    const tasks = [{ id: 'b1', kind: 'command', description: 'npm run dev' }] as const;
    const asBefore = await store().events(id, 0, 500);
    await store().note(fence, { tasks });
    expect(await shown()).toEqual(tasks);
    expect(await store().events(id, 0, 500)).toEqual(asBefore);
    await finish(store(), claim);
    expect(await shown()).toEqual(tasks);
    await store().release(fence);
    expect(await shown()).toBeUndefined();
    const next = await claimed(store(), 'me');
    expect(await shown()).toBeUndefined();
    await store().note(next.fence, { tasks });
    expect(await shown()).toEqual(tasks);
    await expect(store().note(fence, { tasks: [] })).rejects.toThrow(StaleFenceError);
    await store().takeOver(next.fence, 'you');
    expect(await shown()).toBeUndefined();
  });

  test('a lease is not given back while its turn runs', async () => {
    await createIn(store(), { prompts: ['p1'] });
    const { fence } = await claimed(store(), 'me');
    await store().release(fence);
    expect((await store().leases()).map((lease) => lease.fence)).toEqual([fence]);
  });

  test('a release under a stale fence takes nothing from the owner that came after', async () => {
    const id = await createIn(store(), { prompts: ['p1'] });
    const old = await claimed(store(), 'me');
    const taken = await store().takeOver(old.fence, 'you');
    await store().append(id, { type: 'end', reason: 'over' });
    await store().release(old.fence);
    expect((await store().leases()).map((lease) => lease.fence)).toEqual([taken]);
  });

  test('nothing is written under a fence that is not the current one', async () => {
    const id = await createIn(store(), { prompts: ['p1'] });
    const other = await createIn(store(), { prompts: ['q1'] });
    const { fence } = await claimed(store(), 'me');
    expect((await claimed(store(), 'me')).fence).toEqual({ ...fence, sessionId: other });
    await say(store(), id, 'mine', { fence });
    const stale: readonly Fence[] = [
      { ...fence, epoch: fence.epoch - 1 },
      { ...fence, epoch: fence.epoch + 1 },
      { ...fence, owner: 'you' },
    ];
    for (const wrong of stale) {
      await expect(say(store(), id, 'x', { fence: wrong })).rejects.toThrow(StaleFenceError);
      await expect(store().note(wrong, { process: PROCESS })).rejects.toThrow(StaleFenceError);
      await expect(store().note(wrong, { promptedTurn: 'p1' })).rejects.toThrow(StaleFenceError);
    }
    await expect(say(store(), other, 'x', { fence })).rejects.toThrow(StaleFenceError);
    expect(await seqsOf(store(), id)).toEqual([1, 2, 3, 4]);
    expect(await seqsOf(store(), other)).toEqual([1, 2, 3]);
  });

  test('after a takeover the old owner can write nothing more, and takes nothing back', async () => {
    const id = await createIn(store(), { prompts: ['p1'] });
    const { fence } = await claimed(store(), 'me');
    const taken = await store().takeOver(fence, 'you');
    expect(taken).toEqual({ sessionId: id, owner: 'you', epoch: 2 });
    await expect(say(store(), id, 'late', { fence })).rejects.toThrow(StaleFenceError);
    expect(await store().renew('me', [fence])).toEqual([fence]);
    expect(await store().takeOver(fence, 'me')).toBeUndefined();
    expect((await store().leases()).map((lease) => lease.fence)).toEqual([taken]);
  });

  test('a turn that is put back runs again before the ones behind it', async () => {
    const id = await createIn(store(), { prompts: ['p1', 'p2'] });
    const { fence } = await claimed(store(), 'me');
    const taken = await store().takeOver(fence, 'you');
    const requeue = { type: 'requeue_turn', turnId: 'p1', text: 'lost lease' } as const;
    await store().append(id, requeue, taken === undefined ? {} : { fence: taken });
    expect(await store().turn(id, 'p1')).toMatchObject({ state: 'queued' });
    expect((await claimed(store(), 'you')).turn).toMatchObject({ id: 'p1', prompt: 'p1' });
  });

  test('the lease tells what recovery must know, also when the store is opened again', async () => {
    const id = await createIn(store(), { prompts: ['p1'] });
    const { fence } = await claimed(store(), 'me');
    const turn = { id: 'p1', prompted: false };
    expect(await store().leases()).toEqual([{ fence, until: expect.any(Number), turn }]);
    await store().note(fence, { process: PROCESS });
    await store().note(fence, { promptedTurn: 'p1' });
    const [lease] = await store().leases();
    expect((await store().leases(id))[0]).toEqual(lease);
    expect((await store().leases(await createIn(store())))[0]).toBeUndefined();
    expect(lease).toMatchObject({ fence, process: PROCESS, turn: { id: 'p1', prompted: true } });
    expect(await (await current().reopen()).leases()).toEqual([lease]);
    await store().append(id, { type: 'end', reason: 'over' });
    expect((await store().leases())[0]?.turn).toBeUndefined();
  });

  test('a turn that was claimed for a warm process is not prompted once another one is about to start', async () => {
    const id = await createIn(store(), { prompts: ['p1', 'p2'] });
    const first = await claimed(store(), 'me');
    await finish(store(), first);
    const { fence } = await claimed(store(), 'me', { warm: first.fence });
    await store().note(fence, { starting: 'marker' });
    const turn = { id: 'p2', prompted: false };
    expect((await store().leases(id))[0]).toMatchObject({ process: markedOnly('marker'), turn });
    await store().note(fence, { promptedTurn: 'p2' });
    expect((await store().leases(id))[0]?.turn?.prompted).toBe(true);
  });

  test('a turn that has ended meanwhile is not marked as prompted', async () => {
    const id = await createIn(store(), { prompts: ['p1'] });
    const { fence } = await claimed(store(), 'me');
    await store().append(id, { type: 'end', reason: 'by somebody else' });
    await expect(store().note(fence, { promptedTurn: 'p1' })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });

  test('a turn that Claude began by itself needs no prompt', async () => {
    const id = await createIn(store(), { prompts: ['p1'] });
    const claim = await claimed(store(), 'me');
    await finish(store(), claim);
    const woke = { type: 'start_turn', turnId: 'woke', origin: 'autonomous' } as const;
    await store().append(id, woke, { fence: claim.fence });
    expect((await store().leases())[0]?.turn).toEqual({ id: 'woke', prompted: true });
  });

  test('renewing keeps the lease for a whole term more and names those that are lost', async () => {
    await createIn(store(), { prompts: ['p1', 'p2'] });
    await createIn(store(), { prompts: ['q1'] });
    const kept = await claimed(store(), 'me');
    const lost = await claimed(store(), 'me');
    await store().takeOver(lost.fence, 'you');
    await finish(store(), kept);
    current().advance(LEASE_TIMES.leaseMs - 1);
    expect(await store().renew('me', [kept.fence, lost.fence])).toEqual([lost.fence]);
    current().advance(LEASE_TIMES.leaseMs - 1);
    expect(await store().claim('you', ANY_TURN)).toBeUndefined();
    expect(await store().renew('me', [])).toEqual([]);
  });
}
