import { expect, test } from 'vitest';
import { wantsColours } from '../../src/cli/terminal.ts';

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
