import { expect, test } from 'vitest';
import { boundInput } from '../../src/runner/shown-input.ts';

test('a small input is kept as it is', () => {
  const input = { command: 'ls', nested: { list: [1, 2] } };
  expect(boundInput(input, 1000)).toBe(input);
});

test('a large input keeps its keys and the beginnings of its texts', () => {
  const input = { file_path: '/a', content: 'x'.repeat(5000), edits: ['y'.repeat(5000)] };
  const bound = boundInput(input, 2000);
  expect(bound).toMatchObject({
    file_path: '/a',
    content: expect.stringMatching(/^x+… \[\d+ bytes cut\]$/),
    edits: '[5004 bytes omitted]',
  });
  expect(JSON.stringify(bound).length).toBeLessThanOrEqual(2000);
});

test('an input too deep to be written, too wide, or no object is replaced', () => {
  let deep: unknown = 1;
  for (let level = 0; level < 20_000; level++) deep = [deep];
  expect(boundInput({ deep }, 1000)).toEqual({ omitted: expect.stringContaining('deeply') });
  expect(boundInput('x'.repeat(2000), 1000)).toEqual({ omitted: expect.any(String) });
  const wide = Object.fromEntries(
    Array.from({ length: 5000 }, (_, i) => [`k${i}`, 'v'.repeat(50)]),
  );
  expect(JSON.stringify(boundInput(wide, 20_000)).length).toBeLessThanOrEqual(20_000);
});
