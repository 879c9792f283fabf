import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Line, LineSplitter } from '../../src/transport/stdio/lines.ts';

const MAX = 8;

const textOf = (lines: Line[]) =>
  lines.map((line) => (typeof line === 'string' ? `<${line}>` : line.toString('latin1')));

function split(bytes: Buffer, cuts: readonly number[]): string[] {
  const splitter = new LineSplitter(MAX);
  const at = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  const pieces = [0, ...at].map((from, n) => bytes.subarray(from, at[n] ?? bytes.length));
  return pieces.flatMap((piece) => textOf(splitter.push(piece)));
}

const bytes = fc
  .array(fc.constantFrom('\n', 'a', '\xff', 'bcd'), { maxLength: 60 })
  .map((parts) => Buffer.from(parts.join(''), 'latin1'));

test('lines are the same wherever the bytes were cut', () => {
  fc.assert(
    fc.property(bytes, fc.array(fc.nat(), { maxLength: 70 }), (whole, cuts) => {
      expect(split(whole, cuts)).toEqual(split(whole, []));
    }),
  );
});

test('lines are what stands between line feeds, and one that is too long is told once', () => {
  fc.assert(
    fc.property(bytes, (whole) => {
      const parts = whole.toString('latin1').split('\n');
      const last = parts.pop() ?? '';
      const shown = parts.map((part) => (part.length > MAX ? '<too long>' : part));
      expect(split(whole, [])).toEqual(last.length > MAX ? [...shown, '<too long>'] : shown);
    }),
  );
});

test('a line at the bound is whole, and one that was too long says so before its end', () => {
  const splitter = new LineSplitter(MAX);
  expect(textOf(splitter.push(Buffer.from('12345678\n123456789')))).toEqual([
    '12345678',
    '<too long>',
  ]);
  expect(textOf(splitter.push(Buffer.from('xxxx\nok\n')))).toEqual(['ok']);
});
