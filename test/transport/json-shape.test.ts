import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shapeProblem } from '../../src/transport/message.ts';

const problem = (json: string, depthMax: number, elementsMax: number) =>
  shapeProblem(Buffer.from(json), { depthMax, elementsMax });

const childrenOf = (value: unknown): unknown[] =>
  typeof value === 'object' && value !== null ? Object.values(value) : [];

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null
    ? 1 + Math.max(0, ...childrenOf(value).map(depthOf))
    : 0;

// Every array and object counts one, and every element or member behind the first.
const elementsOf = (value: unknown): number =>
  typeof value === 'object' && value !== null
    ? Math.max(1, childrenOf(value).length) +
      childrenOf(value).reduce<number>((sum, child) => sum + elementsOf(child), 0)
    : 0;

describe('the shape of JSON', () => {
  test('passes at its bounds and not one past them, whatever its strings hold', () => {
    const value = fc.jsonValue({ stringUnit: 'grapheme' });
    const tricky = fc.constantFrom('"', '\\', '\\"', '[[[,,', '{"a":', '\u2028é😀');
    fc.assert(
      fc.property(value, tricky, fc.boolean(), (inner, text, pretty) => {
        const outer = { [text]: [inner, text] };
        const json = JSON.stringify(outer, null, pretty ? 2 : 0);
        const [depth, elements] = [depthOf(outer), elementsOf(outer)];
        expect(problem(json, depth, elements)).toBeUndefined();
        expect(problem(json, depth - 1, elements)).toBe(`nested deeper than ${depth - 1} levels`);
        expect(problem(json, depth, elements - 1)).toBe(`more than ${elements - 1} elements`);
      }),
    );
  });

  test.each(['"unclosed', '"ends in \\', ']]]]', '"', ''])(
    'of %j, which is no JSON, is let through to the parser',
    (json) => {
      expect(problem(json, 1, 1)).toBeUndefined();
    },
  );
});
