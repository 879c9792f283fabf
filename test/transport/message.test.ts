import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shapeProblem } from '../../src/json-shape.ts';
import { jsonOf, slimOf, wholeOf } from '../../src/transport/message.ts';

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

describe('a message that says its data once', () => {
  const message = (result: Record<string, unknown>) => ({ jsonrpc: '2.0', result, id: 1 }) as const;
  const results = fc.oneof(
    fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()).map((data) => ({
      content: [{ type: 'text', text: JSON.stringify(data) }],
      structuredContent: data,
      _meta: { a: 1 },
    })),
    fc.constantFrom(
      {},
      { content: [{ type: 'text', text: 'x' }], isError: true },
      { content: [], structuredContent: { a: 1 } },
      { content: [{ type: 'image', data: '' }], structuredContent: { a: 1 } },
    ),
  );

  test('is the same when it is written, and when it was kept', () => {
    fc.assert(
      fc.property(results, (result) => {
        const whole = message(result);
        const plain: unknown = JSON.parse(JSON.stringify(whole));
        expect(JSON.parse(jsonOf(whole))).toEqual(plain);
        expect(jsonOf(whole)).toMatch(/,"id":1\}$/);
        expect(JSON.parse(JSON.stringify(wholeOf(slimOf(whole))))).toEqual(plain);
      }),
    );
  });

  test('leaves structured content out only if its text has it', () => {
    const data = { a: 1 };
    const text = JSON.stringify(data);
    const content = [{ type: 'text', text }];
    expect(slimOf(message({ content, structuredContent: data }))).toEqual({
      message: message({ content }),
      data: text,
    });
    expect(slimOf(message({ content }))).toEqual({ message: message({ content }) });
  });
});
