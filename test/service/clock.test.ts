import { expect, test } from 'vitest';
import { type Clock, JumpWatch } from '../../src/service/clock.ts';

const LEASE_MS = 15_000;

/** A machine whose wall clock and monotonic clock a test moves apart. */
function machine(): Clock & { wall: number; monotonicMs: number } {
  return {
    wall: 1_700_000_000_000,
    monotonicMs: 0,
    now() {
      return this.wall;
    },
    monotonic() {
      return this.monotonicMs;
    },
  };
}

test('while both clocks go alike a lapse is trusted, however long nobody looked', () => {
  const clock = machine();
  const jumps = new JumpWatch(clock, LEASE_MS);
  expect(jumps.trustsLapse()).toBe(true);
  clock.wall += 3_600_000;
  clock.monotonicMs += 3_600_000;
  expect(jumps.trustsLapse()).toBe(true);
});

test.each([
  ['a sleep of eight hours', 28_800_000],
  ['a clock set back a year', -31_536_000_000],
])('after %s no lapse is trusted for one lease, and then it is again', (_what, jump) => {
  const clock = machine();
  const jumps = new JumpWatch(clock, LEASE_MS);
  clock.wall += jump;
  expect(jumps.trustsLapse()).toBe(false);
  clock.wall += LEASE_MS;
  clock.monotonicMs += LEASE_MS;
  expect(jumps.trustsLapse()).toBe(false);
  clock.wall += 1;
  clock.monotonicMs += 1;
  expect(jumps.trustsLapse()).toBe(true);
});
