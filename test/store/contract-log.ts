import { expect, test } from 'vitest';
import { SessionNotFoundError } from '../../src/errors.ts';
import type { Opened } from './contract.ts';
import {
  createIn,
  creation,
  NOTHING,
  newSessionId,
  PRINCIPAL,
  record,
  say,
  seqsOf,
  upTo,
} from './fixtures.ts';

export function logContract({ current, store }: Opened): void {
  test('a created session reads back as it was answered', async () => {
    const id = newSessionId();
    const made = await store().create(
      id,
      creation({ taskId: 't', labels: { team: 'x' }, prompts: ['p1', 'p2'] }),
    );
    expect(made.reply).toEqual({ sessionId: id, turnId: 'p1', after: 4 });
    expect(made.session).toMatchObject({
      id,
      status: 'ready',
      taskIds: ['t'],
      labels: { team: 'x' },
      options: { workingDirectory: '/work' },
      turns: { queued: 2 },
      lastSeq: 4,
    });
    expect(await store().session(PRINCIPAL, id)).toEqual(made.session);
    expect(await store().events(id, 0, 10)).toEqual(made.events);
    expect(await store().turn(id, 'p2')).toEqual({
      id: 'p2',
      sessionId: id,
      state: 'queued',
      origin: 'prompt',
      queuedAt: made.session.createdAt,
    });
  });

  test('an id that is taken is refused and its session stays as it was', async () => {
    const id = await createIn(store());
    await expect(store().create(id, creation({ principal: 'bob' }))).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    expect(await store().session('bob', id)).toBeUndefined();
    expect(await seqsOf(store(), id)).toEqual([1]);
  });

  test('a log that does not begin with its creation is refused whole', async () => {
    const id = newSessionId();
    await expect(store().create(id, [{ type: 'text', text: 'x' }])).rejects.toThrow(
      'starts with text',
    );
    await expect(store().create(id, [])).rejects.toThrow('without events');
    expect(await store().session(PRINCIPAL, id)).toBeUndefined();
  });

  test('an unknown session is not found', async () => {
    await expect(say(store(), newSessionId(), 'x')).rejects.toThrow(SessionNotFoundError);
  });

  test('many appends at once leave a log without a gap, and the events of each stand together', async () => {
    const ids = await Promise.all(upTo(5).map(() => createIn(store())));
    const writes = ids.flatMap((id) =>
      upTo(30).map(async (n) => {
        const texts = ['a', 'b'].map((end) => ({ type: 'text', text: `${n}${end}` }) as const);
        const { events, session } = await store().append(id, record(...texts));
        expect(events).toMatchObject(texts);
        expect(session.lastSeq).toBe(events.at(-1)?.seq);
        return { id, events };
      }),
    );
    const acknowledged = await Promise.all(writes);
    for (const id of ids) {
      const log = await store().events(id, 0, 1000);
      expect(log.map((event) => event.seq)).toEqual(upTo(61));
      expect(await store().events(id, 2, 40)).toEqual(log.slice(2, 42));
      for (const { events } of acknowledged.filter((written) => written.id === id)) {
        const [{ seq } = { seq: 0 }] = events;
        expect(log.slice(seq - 1, seq + 1)).toEqual(events);
      }
    }
  });

  test('a command that is not legal is refused alone, whatever is written beside it', async () => {
    const id = await createIn(store());
    const refused = store().append(id, { type: 'cancel_prompt', turnId: 'none' });
    const [first, middle, last] = await Promise.allSettled([
      say(store(), id, 'before'),
      refused,
      say(store(), id, 'after'),
    ]);
    expect([first.status, last.status]).toEqual(['fulfilled', 'fulfilled']);
    expect(middle).toMatchObject({ status: 'rejected', reason: { code: 'NOT_FOUND' } });
    expect(await seqsOf(store(), id)).toEqual([1, 2, 3]);
  });

  test('a write that fails halfway leaves nothing of itself behind', async () => {
    const id = await createIn(store(), { prompts: ['taken'] });
    const before = await store().session(PRINCIPAL, id);
    const [, doubled] = await Promise.allSettled([
      say(store(), await createIn(store()), 'elsewhere'),
      store().append(
        id,
        record(
          { type: 'text', text: 'written first' },
          { type: 'task_linked', taskId: 'half' },
          { type: 'prompt_queued', turnId: 'taken', prompt: 'again' },
        ),
      ),
    ]);
    expect(doubled.status).toBe('rejected');
    expect(await store().session(PRINCIPAL, id)).toEqual(before);
    expect(await seqsOf(store(), id)).toEqual([1, 2]);
    expect(await store().sessions({ principal: PRINCIPAL, taskId: 'half', limit: 9 })).toEqual([]);
    expect((await store().sums(PRINCIPAL, 'task:half')).metrics.totalSessions).toBe(0);
    expect((await say(store(), id, 'next')).session.lastSeq).toBe(3);
  });

  test('a command that changes nothing writes nothing', async () => {
    const id = await createIn(store());
    const { events, reply } = await store().append(id, NOTHING);
    expect({ events, reply }).toEqual({ events: [], reply: { sessionId: id, after: 1 } });
  });

  test('an end sees everything that is open, with the prompts', async () => {
    const id = await createIn(store(), { prompts: ['p1', 'p2', 'p3'] });
    await store().append(id, { type: 'cancel_prompt', turnId: 'p2' });
    await store().append(id, { type: 'start_turn', turnId: 'p1', origin: 'prompt' });
    await store().append(id, asking('r1', 'p1'));
    await store().append(id, asking('r2', 'p1'));
    await store().append(id, answering('r1'));
    const { events } = await store().append(id, { type: 'end', reason: 'enough' });
    expect(events).toMatchObject([
      { type: 'permission_answered', request: { requestId: 'r2', state: 'closed' } },
      { type: 'turn_ended', turnId: 'p1', turn: { state: 'interrupted' } },
      { type: 'prompt_cancelled', turnId: 'p3', prompt: 'p3' },
      { type: 'session_ended' },
    ]);
  });

  test('turns read as their last event left them', async () => {
    const id = await createIn(store(), { prompts: ['p1', 'p2'] });
    await store().append(id, { type: 'cancel_prompt', turnId: 'p2' });
    await store().append(id, { type: 'start_turn', turnId: 'p1', origin: 'prompt' });
    const outcome = { state: 'completed', result: 'done' } as const;
    await store().append(id, { type: 'end_turn', turnId: 'p1', outcome });
    await store().append(id, { type: 'start_turn', turnId: 'woke', origin: 'autonomous' });
    expect(await store().turn(id, 'p1')).toMatchObject({ state: 'completed', result: 'done' });
    expect(await store().turn(id, 'p2')).toMatchObject({ state: 'cancelled' });
    expect(await store().turn(id, 'woke')).toMatchObject({
      state: 'running',
      origin: 'autonomous',
    });
    expect(await store().turn(await createIn(store()), 'p1')).toBeUndefined();
  });

  test('a cursor stays valid when the store is opened again, and the count goes on', async () => {
    const id = await createIn(store());
    for (const n of upTo(9)) await say(store(), id, `${n}`);
    const page = await store().events(id, 4, 3);
    expect(page.map((event) => event.seq)).toEqual([5, 6, 7]);
    const again = await current().reopen();
    expect(await again.events(id, 4, 3)).toEqual(page);
    expect((await say(again, id, 'on')).session.lastSeq).toBe(11);
    expect(await again.events(id, 11, 3)).toEqual([]);
  });

  test('closing writes what was begun, then refuses, and may be repeated', async () => {
    const id = await createIn(store());
    const last = say(store(), id, 'last');
    await Promise.all([store().close(), store().close()]);
    expect((await last).session.lastSeq).toBe(2);
    await expect(say(store(), id, 'late')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(store().session(PRINCIPAL, id)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await seqsOf(await current().reopen(), id)).toEqual([1, 2]);
  });
}

export function asking(requestId: string, turnId: string) {
  const request = {
    requestId,
    turnId,
    toolName: 'Bash',
    input: { command: 'ls' },
    expiresAt: 9_999,
  };
  return { type: 'request_permission', request } as const;
}

export function answering(requestId: string) {
  return { type: 'answer_permission', requestId, answer: { state: 'allowed' } } as const;
}
