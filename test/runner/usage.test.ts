import { describe, expect, test } from 'vitest';
import { NO_USAGE, soundTurnUsage } from '../../src/session/usage.ts';
import { result } from './messages.ts';
import { prompted, TURN } from './translated.ts';

describe('the usage of a turn', () => {
  test.each([
    ['models that are none', { model_usage_since_last_result: { m: null, n: 7 } }],
    ['no models', { modelUsage: null }],
    [
      'a model with the name of a method',
      { modelUsage: { constructor: { inputTokens: 2 ** 53 } } },
    ],
    ['a fraction', { modelUsage: { m: { inputTokens: 12.5, outputTokens: '7', costUSD: 1e300 } } }],
  ])('is whole and bounded, with %s', (_what, fields: object) => {
    const { feed, outcomes } = prompted();
    feed(result(TURN, { ...fields }));
    const [{ usage = NO_USAGE, state } = { state: 'none' }] = outcomes();
    expect(state).toBe('completed');
    expect(usage).toEqual(soundTurnUsage(usage));
  });

  test('of a conversation that was resumed needs no usage at all', () => {
    const { feed, outcomes } = prompted({ resumed: true });
    feed(result(TURN, { usage: null }));
    expect(outcomes()).toMatchObject([{ state: 'completed', usage: NO_USAGE }]);
  });
});
