import { expect, test } from 'vitest';
import { styled, wantsColours } from '../../src/cli/terminal.ts';

test.each([
  [{}, true],
  [{ NO_COLOR: '' }, true],
  [{ NO_COLOR: '1' }, false],
  [{ NO_COLOR: 'false' }, false],
  [{ TERM: 'dumb' }, false],
  [{ TERM: 'xterm-256color' }, true],
])('in %j colours are wanted: %s', (environment, expected) => {
  expect(wantsColours(environment)).toBe(expected);
});

test('a style is left out where colours are not wanted', () => {
  const terminal = { columns: 80, now: Date.now, write: async () => {}, note: () => {} };
  expect(styled({ ...terminal, hasColours: false }, 'red', 'x')).toBe('x');
  expect(styled({ ...terminal, hasColours: true }, 'red', 'x')).toBe('\u001b[31mx\u001b[39m');
  expect(styled({ ...terminal, hasColours: true }, undefined, 'x')).toBe('x');
});
