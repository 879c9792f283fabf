import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isoTime } from '../../src/views/session.ts';

test('a time is shown as ISO 8601, to the millisecond', () => {
  const years = { min: new Date('1000-01-01'), max: new Date('9999-12-31T23:59:59.999Z') };
  fc.assert(
    fc.property(fc.date({ ...years, noInvalidDate: true }), (date) => {
      expect(isoTime(date.getTime())).toBe(date.toISOString());
    }),
  );
});
