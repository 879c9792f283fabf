import { expect, test } from 'vitest';
import type { PromptParts } from '../../src/session/event.ts';
import type { Opened } from './contract.ts';
import { claimed, createIn, finish } from './fixtures.ts';

const PARTS: PromptParts = {
  attachments: [{ name: 'a.png', mimeType: 'image/png', bytes: 8, sha256: 'abc' }],
  outputSchema: { type: 'object', properties: { n: { type: 'number' } } },
};

/** What belongs to a prompt besides its text waits with it. */
export function partsContract({ current, store }: Opened): void {
  const queueIn = async (sessionId: string, turnId: string, parts: PromptParts) =>
    store().append(sessionId, { type: 'queue_prompt', turnId, prompt: 'look', ...parts });

  test('whoever claims the turn gets it, also after a restart, and again if the turn is requeued', async () => {
    const id = await createIn(store());
    await queueIn(id, 'p1', PARTS);
    await current().reopen();
    const first = await claimed(store(), 'me');
    expect(first.turn).toMatchObject({ prompt: 'look', ...PARTS });
    const requeue = { type: 'requeue_turn', turnId: 'p1', text: 'again' } as const;
    await store().append(id, requeue, { fence: first.fence });
    expect((await store().turn(id, 'p1'))?.attachments).toEqual(PARTS.attachments);
    expect((await claimed(store(), 'me')).turn).toMatchObject({ prompt: 'look', ...PARTS });
  });

  test('a prompt without it has none of the one before', async () => {
    const id = await createIn(store());
    await queueIn(id, 'p1', PARTS);
    await queueIn(id, 'p2', {});
    await finish(store(), await claimed(store(), 'me'));
    const { turn } = await claimed(store(), 'me');
    expect(turn).toMatchObject({ id: 'p2', prompt: 'look' });
    expect(turn).not.toHaveProperty('outputSchema');
    expect(turn.attachments).toBeUndefined();
  });

  test('the log has the schema once, with the prompt, and the turn names its attachments', async () => {
    const id = await createIn(store());
    await queueIn(id, 'p1', PARTS);
    const claim = await claimed(store(), 'me');
    const output = { n: 1 };
    const outcome = { state: 'completed', output } as const;
    await store().append(id, { type: 'end_turn', turnId: 'p1', outcome }, { fence: claim.fence });
    const events = await store().events(id, 0, 99);
    expect(events.filter((event) => JSON.stringify(event).includes('properties'))).toEqual([
      expect.objectContaining({ type: 'prompt_queued', ...PARTS }),
    ]);
    const { attachments } = PARTS;
    expect(await store().turn(id, 'p1')).toMatchObject({ state: 'completed', attachments, output });
    expect(events.at(-1)).toMatchObject({ type: 'turn_ended', turn: { attachments, output } });
  });
}
