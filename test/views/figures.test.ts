import { expect, test } from 'vitest';
import {
  ago,
  cents,
  clockTime,
  dollars,
  duration,
  localDate,
  localTime,
  sizeText,
} from '../../src/views/figures.ts';

test.each([
  [0, 'now'],
  [12_999, '12s ago'],
  [60_000, '1m ago'],
  [3_599_999, '59m ago'],
  [7_200_000, '2h ago'],
  [400 * 86_400_000, '400d ago'],
  [-5_000, 'now'],
])('%i ms were %s', (ms, text) => {
  expect(ago(ms)).toBe(text);
});

test.each([
  [432, '0.4 s'],
  [28_400, '28 s'],
  [200_000, '3 min 20 s'],
  [7_500_000, '2 h 5 min'],
  [273_600_000, '3 d 4 h'],
])('%i ms take %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test.each([
  [0, '$0.00', '$0.00'],
  [0.0006, '$0.0006', '<$0.01'],
  [0.42, '$0.42', '$0.42'],
  [1234.5, '$1,234.50', '$1234.50'],
])('%d dollars', (usd, exact, whole) => {
  expect([dollars(usd), cents(usd)]).toEqual([exact, whole]);
});

test('times are those of the place', () => {
  const at = new Date(2026, 2, 9, 4, 5, 6).getTime();
  expect([localDate(at), clockTime(at), localTime(at)]).toEqual([
    '2026-03-09',
    '04:05:06',
    '2026-03-09 04:05:06',
  ]);
});

test('sizes are those of disks', () => {
  expect([75 * 2 ** 20, 80 * 2 ** 30].map(sizeText)).toEqual(['75 MiB', '80 GiB']);
});
