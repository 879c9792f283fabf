import { describe, expect, test } from 'vitest';
import type { SessionOptions } from '../../src/session/options.ts';
import { openWorld } from './open-world.ts';

const world = await openWorld();

/** What the API was asked for in one turn: the model and the effort of each request. */
async function askedWith(options: Partial<SessionOptions>, overloaded = 0) {
  // Claude Code falls back after three tries.
  const environment = { CLAUDE_CODE_MAX_RETRIES: '2' };
  const session = await world.start({ options }, world.runner({ environment }));
  const from = world.api.requests.length;
  const fails = overloaded === 0 ? {} : { status: 529, times: overloaded };
  const outcome = await session.turn([{ ...fails, text: 'answered' }]);
  expect(outcome).toMatchObject({ state: 'completed', result: 'answered' });
  const requests = world.api.requests.slice(from).filter(({ path }) => path === '/v1/messages');
  return { session, asked: requests.map(({ body }) => [body?.model, body?.output_config?.effort]) };
}

describe('the options of a model', () => {
  test.each(['low', 'high', 'max'] as const)('effort %s reaches the API', async (effort) => {
    const { asked } = await askedWith({ effort });
    expect(asked).toEqual([[expect.any(String), effort]]);
  });

  test('the model to fall back on answers once the first one stays overloaded, and the log says so', async () => {
    const options = { model: 'claude-sonnet-5-5', fallbackModel: 'claude-haiku-5-5' };
    const { session, asked } = await askedWith(options, 3);
    expect(asked.map(([model]) => model)).toEqual([
      ...Array(3).fill('claude-sonnet-5-5'),
      'claude-haiku-5-5',
    ]);
    expect(session.heard.all('notice').map(({ text }) => text)).toContain(
      'claude-sonnet-5-5 is overloaded; claude-haiku-5-5 answers instead.',
    );
  });
});
