import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RateLimiter } from '../../src/transport/http/rate-limiter.ts';

test('in any time no more is taken than the burst and what came since, and waiting as told is enough', () => {
  const step = fc.record({ pause: fc.nat(3000), key: fc.constantFrom('a', 'b') });
  const limits = fc.record({
    perSecond: fc.integer({ min: 1, max: 20 }),
    burst: fc.integer({ min: 1, max: 30 }),
  });
  fc.assert(
    fc.property(limits, fc.array(step, { maxLength: 200 }), ({ perSecond, burst }, steps) => {
      const limiter = new RateLimiter({ perSecond, burst, keysMax: 10 });
      let now = 0;
      const taken = { a: 0, b: 0 };
      for (const { pause, key } of steps) {
        now += pause;
        const wait = limiter.take(key, now);
        if (wait === 0) taken[key] += 1;
        else {
          now += wait;
          expect(limiter.take(key, now)).toBe(0);
          taken[key] += 1;
        }
        expect(taken[key]).toBeLessThanOrEqual(burst + (now * perSecond) / 1000 + 1e-6);
      }
    }),
  );
});

test('it remembers no more keys than it may, and none that has recovered', () => {
  const limiter = new RateLimiter({ perSecond: 1, burst: 2, keysMax: 2 });
  for (const key of ['a', 'a', 'b', 'b', 'c', 'c']) limiter.take(key, 0);
  expect(limiter.take('a', 0)).toBe(0);
  limiter.sweep(1000);
  expect(limiter.take('c', 1000)).toBe(0);
  expect(limiter.take('c', 1000)).toBe(1000);
  limiter.sweep(10_000);
  expect(limiter.take('c', 1000)).toBe(0);
});
