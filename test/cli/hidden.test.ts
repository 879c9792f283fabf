/** What somebody else wrote never acts on a terminal, whichever command shows it and however. */

import { expect, test } from 'vitest';
import { HIDDEN } from '../../src/text.ts';
import { ANY_TURN, newSessionId, record } from '../store/fixtures.ts';
import { World } from './world.ts';

const NASTY =
  'a\u001b]0;title\u0007 \u009b31m\u007f \u202e\u2066 \u200b\u2060\ufeff \u{e0041}\u{e0100} \u2028\u3164z';

function expectPlain(text: string): void {
  expect(text.match(HIDDEN)).toBeNull();
  expect(text).not.toMatch(/(?!\t|\n)[\p{Cc}\p{Bidi_Control}\u200b\u{e0000}-\u{e0fff}]/u);
}

/** A session in which every text is foreign; a turn of it runs and asks. */
async function make(world: World): Promise<string> {
  const store = await world.store();
  const id = newSessionId();
  await store.create(id, [
    {
      type: 'session_created',
      principal: NASTY,
      mcpSessionId: null,
      options: { workingDirectory: `/${NASTY}`, model: NASTY },
      name: NASTY,
      labels: { [NASTY]: NASTY },
    },
    { type: 'task_linked', taskId: NASTY },
    { type: 'prompt_queued', turnId: 't', prompt: NASTY },
  ]);
  const claim = await store.claim('server', ANY_TURN);
  if (claim === undefined || claim === 'full') throw new Error('no turn waits');
  await store.append(
    id,
    record(
      { type: 'text', turnId: 't', text: NASTY },
      {
        type: 'tool_use',
        turnId: 't',
        toolUseId: NASTY,
        name: NASTY,
        input: { command: NASTY, [NASTY]: 1 },
      },
      { type: 'tool_result', turnId: 't', toolUseId: NASTY, isError: true, text: NASTY },
      { type: 'notice', turnId: 't', text: NASTY },
    ),
  );
  const request = {
    requestId: NASTY,
    turnId: 't',
    toolName: NASTY,
    input: { command: NASTY },
    description: NASTY,
    expiresAt: Date.now() + 60_000,
  };
  await store.append(id, { type: 'request_permission', request });
  return id;
}

test.each([[80], [undefined]])('in %s columns', async (columns) => {
  const world = new World();
  const id = await make(world);
  const options = columns === undefined ? {} : { columns };
  const lines = [['list'], ['show', id], ['tail', id, '--no-follow'], ['metrics'], ['doctor']];
  for (const words of lines) {
    const { output, notes } = await world.run(words, options);
    expect(output).not.toBe('');
    for (const text of [output, ...notes]) expectPlain(text);
  }
});

test('as JSON, which says the same', async () => {
  const world = new World();
  const id = await make(world);
  for (const words of [['list'], ['show', id], ['tail', id, '--no-follow'], ['metrics']]) {
    const { output } = await world.run([...words, '--json']);
    expectPlain(output);
    const said = output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(JSON.stringify(said)).toContain(JSON.stringify(NASTY).slice(1, -1));
  }
});

test('in an error that names it', async () => {
  const world = new World();
  await make(world);
  const failed = world.run(['show', `${NASTY}?`]);
  const { message } = await failed.then(
    () => new Error('it was found'),
    (error: Error) => error,
  );
  expectPlain(message);
  expect(message).toContain('title');
});
