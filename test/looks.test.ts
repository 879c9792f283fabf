import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { inTime } from '../src/looks.ts';

const NEVER = new Promise<never>(() => {});

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

describe('a look at files', () => {
  test('gives what it finds, and leaves no timer behind', async () => {
    expect(await inTime(Promise.resolve('found'), 1000)).toBe('found');
    await expect(inTime(Promise.reject(new Error('broken')), 1000)).rejects.toThrow('broken');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('that does not come back fails after its bound, and says what may be wrong', async () => {
    const looking = expect(inTime(NEVER, 1000)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('did not answer within 1000 ms'),
      retryable: true,
    });
    await vi.advanceTimersByTimeAsync(1000);
    await looking;
  });

  test('is given up at once when its signal aborts, before or meanwhile', async () => {
    const giveUp = new AbortController();
    const looking = expect(inTime(NEVER, 1000, giveUp.signal)).rejects.toThrow();
    giveUp.abort();
    await looking;
    await expect(inTime(NEVER, 1000, giveUp.signal)).rejects.toThrow();
  });
});
