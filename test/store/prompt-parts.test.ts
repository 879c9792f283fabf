/** A server of an earlier version on the same database, which knows only the text of a prompt. */

import { expect, test } from 'vitest';
import { claimed, createIn } from './fixtures.ts';
import { connect, newDirectory, openStore } from './temporary.ts';

/** As that version wrote them. */
const START =
  "UPDATE turns SET state = 'running', phase = 'claimed', epoch = 1, record = record WHERE id = ?";
const REQUEUE =
  "UPDATE turns SET state = 'queued', phase = NULL, epoch = NULL, record = record WHERE id = ?";

test('an earlier version starts no turn of which it would send the text alone, not even one that was requeued', async () => {
  const directory = newDirectory();
  const store = await openStore({ directory });
  const id = await createIn(store, { prompts: ['plain'] });
  const outputSchema = { type: 'object' };
  await store.append(id, { type: 'queue_prompt', turnId: 'p', prompt: 'p', outputSchema });
  const earlier = connect(directory);
  expect(() => earlier.prepare(START).run('p')).toThrow('needs a newer version');
  earlier.prepare(START).run('plain');
  earlier.prepare("UPDATE turns SET state = 'completed' WHERE id = ?").run('plain');
  earlier.exec("UPDATE sessions SET next_ord = (SELECT ord FROM turns WHERE id = 'p')");
  expect((await claimed(store, 'me')).turn).toMatchObject({ id: 'p', outputSchema });
  earlier.prepare(REQUEUE).run('p');
  expect(() => earlier.prepare(START).run('p')).toThrow('needs a newer version');
});
