/** Text that the real Claude Code is still writing. */

import { expect, test } from 'vitest';
import { openWorld } from './open-world.ts';

const KEY = 'sk-ant-api03-0123456789abcdef';

const world = await openWorld();

test('a slow text is told piece by piece, and nothing of it is output before it is whole', async () => {
  const { heard, prompt } = await world.start();
  const turnId = prompt([{ text: 'one two three four', chunks: 6, hang: 'mid' }]);
  await heard.until(() => heard.written.includes('one two three four'));
  expect(heard.written).toHaveLength(6);
  for (const text of heard.written) expect('one two three four').toContain(text);
  expect(heard.all('text')).toEqual([]);
  expect(heard.ended.map((each) => each.turnId)).not.toContain(turnId);
});

test('of thoughts and of inputs nothing is told but that they are written', async () => {
  const { heard, turn } = await world.start({ options: { allowedTools: ['Bash'] } });
  await turn([{ thinking: 'a thought', tool: 'Bash', input: { command: 'true' } }, { text: 'x' }]);
  expect(new Set(heard.written)).toEqual(new Set(['', 'x']));
});

test('a slow text without end does not count as silence; one that stops does', async () => {
  const silenceMs = 1500;
  const session = await world.start({}, world.runner({ limits: { silenceMs } }));
  const slow = { text: 'x'.repeat(40), chunks: 40, delayMs: 100 };
  expect(await session.turn([slow])).toMatchObject({ state: 'completed', result: slow.text });
  expect(session.heard.written.length).toBeGreaterThan(1);
  expect(await session.turn([{ ...slow, hang: 'mid' }])).toMatchObject({
    state: 'failed',
    error: { message: expect.stringContaining(`${silenceMs} ms`) },
  });
});

test('a credential that pieces cut is told by none of them', async () => {
  const runner = world.runner({ environment: { ANTHROPIC_API_KEY: KEY } });
  const { heard, turn } = await world.start({}, runner);
  await turn([{ text: `The key is ${KEY}. Keep it.`, chunks: 30 }]);
  expect(heard.written.at(-1)).toBe('The key is [redacted]. Keep it.');
  for (const text of heard.written) expect('The key is [redacted]. Keep it.').toContain(text);
});
