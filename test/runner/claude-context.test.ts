/** What a run tells of its state besides what Claude says: the use of its context, and its background tasks. */

import { expect, test } from 'vitest';
import { openWorld } from './open-world.ts';

const KEY = 'sk-ant-api03-0123456789abcdef';

const world = await openWorld();

test('the context is told with the end of each turn, without further requests, and shrinks with /compact', async () => {
  const session = await world.start({ options: { allowedTools: ['Bash'] } });
  const usage = { input_tokens: 1000, cache_read_input_tokens: 40_000, output_tokens: 500 };
  const agent = { description: 'look', subagent_type: 'general-purpose', prompt: 'say something' };
  const from = world.api.requests.length;
  const steps = [
    { tool: 'Bash', input: { command: 'true' } },
    { text: 'done', usage },
  ];
  expect((await session.turn(steps)).context).toEqual({ tokens: 41_500, window: 1_000_000 });
  expect(world.api.requests.slice(from).map(({ path }) => path)).toEqual(
    Array(2).fill('/v1/messages'),
  );
  const small = { input_tokens: 42_000, output_tokens: 10 };
  const delegated = await session.turn([
    { tool: 'Agent', input: agent },
    { text: 'done', usage: small },
    { text: 'late', usage: small },
  ]);
  expect(delegated.context?.tokens).toBe(42_010);
  const { context } = await session.turn('/compact');
  expect(context?.window).toBe(1_000_000);
  expect(context?.tokens).toBeLessThan(41_000);
});

test('background tasks are told with what they are, without credentials, until they end', async () => {
  const runner = world.runner({ environment: { ANTHROPIC_API_KEY: KEY } });
  const session = await world.start({ options: { allowedTools: ['Bash'] } }, runner);
  const description = `Serve\nwith ${KEY} ${'x'.repeat(500)}`;
  const input = { command: 'sleep 300', run_in_background: true, description };
  await session.turn([{ tool: 'Bash', input }, { text: 'end' }]);
  expect(session.heard.running).toEqual([
    {
      id: expect.stringMatching(/^\w+$/),
      kind: 'command',
      description: expect.stringMatching(/^Serve with \[redacted\] x+… \[\d+ characters cut\]$/),
    },
  ]);
  await session.turn([
    { tool: 'TaskStop', input: { task_id: session.heard.running[0]?.id } },
    { text: 'end' },
  ]);
  await session.heard.until(() => session.heard.running.length === 0);
});
