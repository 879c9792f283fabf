import { expect, test } from 'vitest';
import { SESSION_ID_PREFIX } from '../../src/session/session.ts';
import type { Commit } from '../../src/store/store.ts';
import type { Opened } from './contract.ts';
import { claimed, command, createIn, NOTHING, PRINCIPAL, say } from './fixtures.ts';

const ILLEGAL = { type: 'cancel_prompt', turnId: 'none' } as const;

export function subscribeContract({ store }: Opened): void {
  test('a listener hears of every commit, with the sessions that it touched', async () => {
    const [a, b, c] = [await createIn(store()), await createIn(store()), await createIn(store())];
    const heard = new Set<string>();
    const stop = store().subscribe((ids) => {
      for (const id of ids ?? []) heard.add(id);
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
    store().subscribe((ids) => heard.push(ids));
    await expect(say(store(), `${SESSION_ID_PREFIX}none`, 'x')).rejects.toThrow();
    await expect(command(store(), id, ILLEGAL)).rejects.toThrow('none');
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
    await expect(command(store(), id, ILLEGAL)).rejects.toThrow('none');
    await claimed(store(), 'me');
    expect(heard).toEqual([
      [id, 1, 'session_created'],
      [id, 2, 'prompt_queued'],
      [id, 3, 'text'],
      [id, 4, 'text'],
      [id, 5, 'turn_started'],
    ]);
  });

  test('a freed session is told, for somebody may want to run it', async () => {
    await createIn(store(), { prompts: ['p1'] });
    const { fence, turn } = await claimed(store(), 'me');
    const outcome = { state: 'completed' } as const;
    await command(store(), fence.sessionId, { type: 'end_turn', turnId: turn.id, outcome });
    const heard = new Set<string>();
    store().subscribe((ids) => {
      for (const id of ids ?? []) heard.add(id);
    });
    await store().release(fence);
    expect([...heard]).toEqual([fence.sessionId]);
  });
}
