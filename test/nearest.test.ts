import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nearest } from '../src/nearest.ts';

const COMMANDS = ['list', 'show', 'tail', 'end', 'doctor', 'metrics'] as const;
const ARGUMENTS = ['sessionId', 'sessionIds', 'workingDirectory', 'waitMs', 'taskId'] as const;

test.each([
  ['lsit', COMMANDS, 'list'],
  ['lis', COMMANDS, 'list'],
  ['docter', COMMANDS, 'doctor'],
  ['METRICS', COMMANDS, 'metrics'],
  ['metric', COMMANDS, 'metrics'],
  ['session_id', ARGUMENTS, 'sessionId'],
  ['SessionIds', ARGUMENTS, 'sessionIds'],
  ['session-ids', ARGUMENTS, 'sessionIds'],
  ['workingDir', ARGUMENTS, 'workingDirectory'],
  ['doc', COMMANDS, 'doctor'],
  ['do', COMMANDS, undefined],
  ['workingDirectroy', ARGUMENTS, 'workingDirectory'],
  ['wait', ARGUMENTS, 'waitMs'],
  ['destroy', COMMANDS, undefined],
  ['', COMMANDS, undefined],
  ['x', [], undefined],
  ['constructor', ARGUMENTS, undefined],
])('%j among %j means %j', (word, known, meant) => {
  expect(nearest(word, known)).toBe(meant);
});

test('a known word means itself, and one typing error still means it', () => {
  const word = fc.stringMatching(/^[a-z]{6,12}$/);
  fc.assert(
    fc.property(word, word, fc.nat(), (meant, other, seed) => {
      expect(nearest(meant, [other, meant])).toBe(meant);
      const at = seed % meant.length;
      const typo = `${meant.slice(0, at)}#${meant.slice(at + 1)}`;
      expect(nearest(typo, ['0000000000', meant])).toBe(meant);
    }),
  );
});

test('a word of a mebibyte is near to nothing, and costs nothing', () => {
  expect(nearest('x'.repeat(1024 * 1024), ARGUMENTS)).toBeUndefined();
  expect(nearest('_'.repeat(1024 * 1024), ARGUMENTS)).toBeUndefined();
});
