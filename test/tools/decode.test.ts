/** Clients write the same call in different ways; what it means does not change, and what is wrong stays wrong. */

import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { decode, optionsOf, typeOf } from '../../src/tools/decode.ts';
import { TOOLS } from '../../src/tools/index.ts';

/** Values that a schema takes, as far as its type says. */
function values(schema: z.ZodType): fc.Arbitrary<unknown> {
  return fc.oneof(...optionsOf(schema).map(single));
}

function single(schema: z.ZodType): fc.Arbitrary<unknown> {
  if (schema instanceof z.ZodString) return fc.string({ minLength: 1 });
  if (schema instanceof z.ZodEnum) return fc.constantFrom(...schema.options);
  if (schema instanceof z.ZodNumber) {
    return schema.isInt ? fc.nat() : fc.double({ noNaN: true, noDefaultInfinity: true });
  }
  if (schema instanceof z.ZodBoolean) return fc.boolean();
  if (schema instanceof z.ZodArray) {
    return fc.array(values(typeOf(schema.element)), { minLength: 1, maxLength: 5 });
  }
  if (schema instanceof z.ZodRecord) {
    return fc.dictionary(fc.string(), values(typeOf(schema.valueType)), { maxKeys: 5 });
  }
  if (schema instanceof z.ZodObject) return fields(schema);
  return fc.jsonValue();
}

function fields(schema: z.ZodObject): fc.Arbitrary<Record<string, unknown>> {
  const members = Object.entries(schema.shape).map(
    ([name, field]) => [name, values(field)] as const,
  );
  const requiredKeys = members
    .map(([name]) => name)
    .filter((name) => !schema.shape[name].isOptional());
  return fc.record(Object.fromEntries(members), { requiredKeys });
}

/** Another way to write the same value: as JSON text, or as the one text of a list. */
function written(schema: z.ZodType, value: unknown): fc.Arbitrary<unknown> {
  if (typeof value === 'string') return fc.constant(value);
  const json = JSON.stringify(value);
  const ways: unknown[] = [value, json, ` ${json}\n`, JSON.stringify(value, null, 2)];
  const [only, ...others] = Array.isArray(value) ? value : [];
  const isPlain = typeof only === 'string' && others.length === 0 && !isJsonLike(only);
  const isList = optionsOf(schema).some((option) => option instanceof z.ZodArray);
  if (isList && isPlain) ways.push(only);
  return fc.constantFrom(...ways);
}

function isJsonLike(text: string): boolean {
  return /^\s*[[{"]/.test(text);
}

/** The arguments of a call as they are, and as another client writes them. */
function calls(schema: z.ZodObject): fc.Arbitrary<{ plain: object; other: object }> {
  return fields(schema).chain((plain) => {
    const members = Object.entries(schema.shape).map(([name, field]) => {
      if (name in plain) return [name, written(field, plain[name])] as const;
      return [name, fc.constantFrom(null, undefined)] as const;
    });
    return fc.record(Object.fromEntries(members)).map((other) => ({ plain, other }));
  });
}

function withoutUndefined(value: object): object {
  return JSON.parse(JSON.stringify(value));
}

/** One object, or its JSON, stands for a list of it where only a list of objects is wanted. */
function isListOfOne(given: unknown, read: unknown): boolean {
  if (!Array.isArray(read) || read.length !== 1) return false;
  const [one]: unknown[] = read;
  if (typeof one !== 'object' || one === null || Array.isArray(one)) return false;
  const json = typeof given === 'string' ? given.trim() : JSON.stringify(given);
  return json.startsWith('{') && isDeepStrictEqual(JSON.parse(json), one);
}

function expectSameMeaning(field: z.ZodType | undefined, given: unknown, read: unknown): void {
  if (isListOfOne(given, read)) {
    expect(field?.safeParse(given).success).toBe(false);
    return;
  }
  if (typeof given !== 'string' || read === given) {
    expect(read).toEqual(given);
    return;
  }
  expect(field?.safeParse(given).success).toBe(false);
  const isOne = JSON.stringify(read) === JSON.stringify([given]);
  expect(read).toEqual(isOne ? [given] : JSON.parse(given));
}

describe.each(TOOLS.map((tool) => [tool.name, tool.input] as const))('%s', (_name, input) => {
  test('reads a call the same however it is written', () => {
    fc.assert(
      fc.property(calls(input), ({ plain, other }) => {
        expect(decode(input, withoutUndefined(other))).toEqual(withoutUndefined(plain));
      }),
    );
  });

  test('reads again what was read as the same', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(input.shape), 'x'), odd), (args) => {
        const once = decode(input, args);
        expect(decode(input, once)).toEqual(once);
      }),
    );
  });

  test('changes nothing but what is left out, and text where no text belongs', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(input.shape), 'x'), odd), (args) => {
        const read = decode(input, args) as Record<string, unknown>;
        for (const [name, value] of Object.entries(args)) {
          const field: z.ZodType | undefined = input.shape[name];
          if (name in read) expectSameMeaning(field, value, read[name]);
          else expect([value === null || value === '', field?.isOptional()]).toEqual([true, true]);
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** What clients send by mistake. No list with text for lists in it, which is read one level down. */
const odd = fc.oneof(
  fc.constantFrom(null, '', '[]', '{}', '[', '{"a":1}', '["a"]', 'true', '7', '-1', '1e3', 'null'),
  fc.constantFrom<unknown>(7, 1.5, true, [], {}, ['a'], ['a', 7], { a: 'b' }, '"a"', '0x10', ' 7 '),
  fc.string(),
  fc.json(),
);

const nested = z.object({
  questions: z.array(z.object({ text: z.string(), note: z.string().min(1).optional() })).optional(),
  either: z.union([z.record(z.string(), z.string()), z.array(z.string())]).optional(),
  anything: z.unknown(),
});

test.each<[unknown, unknown]>([
  [{ questions: '[{"text":"a","note":null}]' }, { questions: [{ text: 'a' }] }],
  [{ questions: ['{"text":"a","note":""}'] }, { questions: [{ text: 'a' }] }],
  [{ questions: [{ text: null }] }, { questions: [{ text: null }] }],
  [{ questions: { text: 'a', note: null } }, { questions: [{ text: 'a' }] }],
  [{ questions: '{"text":"a"}' }, { questions: [{ text: 'a' }] }],
  [{ questions: 'a' }, { questions: 'a' }],
  [{ either: '{"a":"b"}' }, { either: { a: 'b' } }],
  [{ either: '["a=b"]' }, { either: ['a=b'] }],
  [{ either: 'a=b' }, { either: ['a=b'] }],
  [{ either: { a: null } }, { either: { a: null } }],
  [{ anything: '7' }, { anything: '7' }],
  [{ anything: null }, { anything: null }],
])('reads %j inside of a value as %j', (given, read) => {
  expect(decode(nested, given)).toEqual(read);
});
