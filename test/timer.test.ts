import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startTimer } from '../src/timer.ts';

const DAY_MS = 86_400_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

test.each([1, 2 ** 31 - 1, 2 ** 31, 24.9 * DAY_MS, 365 * DAY_MS])(
  'a timer of %d ms fires then, and once',
  (ms) => {
    let fired = 0;
    startTimer(ms, () => {
      fired += 1;
    });
    vi.advanceTimersByTime(ms - 1);
    expect(fired).toBe(0);
    vi.advanceTimersByTime(1);
    expect(fired).toBe(1);
    vi.advanceTimersByTime(100 * DAY_MS);
    expect(fired).toBe(1);
  },
);

test('a timer that is cancelled does not fire, early or late', () => {
  for (const after of [0, 30 * DAY_MS]) {
    const timer = startTimer(40 * DAY_MS, () => expect.unreachable());
    vi.advanceTimersByTime(after);
    timer.cancel();
    vi.advanceTimersByTime(100 * DAY_MS);
  }
  expect(vi.getTimerCount()).toBe(0);
});
