import { expect, test } from 'vitest';
import { fitCheck, type JsonSchema, problemOfSchema } from '../src/json-schema.ts';

const text = { type: 'string' };

function withProperty(schema: unknown): JsonSchema {
  return { type: 'object', properties: { a: schema } };
}

function nested(depth: number): unknown {
  return depth === 0 ? text : { type: 'array', items: nested(depth - 1) };
}

test.each<[string, JsonSchema]>([
  ['what an object holds', withProperty(text)],
  ['nothing but its type', { type: 'object' }],
  ['definitions by both words', { ...withProperty({ $ref: '#/$defs/t' }), $defs: { t: text } }],
  ['a reference to itself', withProperty({ anyOf: [{ $ref: '#' }, { type: 'null' }] })],
  ['formats, known or not', withProperty({ type: 'string', format: 'wibble' })],
  [
    'a property with the name of no word',
    withProperty({ type: 'object', properties: { foo: text } }),
  ],
  [
    'a property with the name of a pattern',
    { type: 'object', properties: { pattern: { enum: ['('] } } },
  ],
  ['a pattern that could run for years', withProperty({ type: 'string', pattern: '^(a+)+$' })],
  ['a hundred levels', withProperty(nested(100))],
])('a schema may have %s', (_what, schema) => {
  expect(problemOfSchema(schema)).toBeUndefined();
  expect(fitCheck(schema)({})).toBeUndefined();
});

test.each<[JsonSchema, string]>([
  [{}, '/type must be "object"'],
  [{ type: 'array' }, '/type must be "object"'],
  [{ type: ['object', 'null'] }, '/type must be "object"'],
  [{ type: 'object', anyOf: [{}] }, '/anyOf is not possible at the root'],
  [{ type: 'object', properties: { 'a b': text } }, '/properties/a b must have a name'],
  [
    withProperty({ type: 'strin' }),
    '/properties/a/type must be equal to one of the allowed values',
  ],
  [withProperty({ items: [text, { typ: 'x' }] }), '/properties/a/items/1/typ is no word'],
  [withProperty({ prefixItems: [text] }), '/properties/a/prefixItems is no word'],
  [
    withProperty({ anyOf: [{ $ref: 'https://example.com/a.json' }] }),
    '/properties/a/anyOf/0/$ref must refer to a place in this schema',
  ],
  [withProperty({ $ref: 'file:///etc/passwd' }), '/properties/a/$ref must refer'],
  [withProperty({ $ref: '#/properties/a' }), 'a $ref in it leads to itself'],
  [withProperty({ $ref: '#/definitions/none' }), "can't resolve reference #/definitions/none"],
  [
    withProperty({ type: 'string', pattern: '(' }),
    '/properties/a/pattern is not a regular expression',
  ],
  [
    withProperty({ patternProperties: { '[': text } }),
    '/properties/a/patternProperties is not a regular expression',
  ],
  [JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string"}}}'), '__proto__'],
  [withProperty({ type: 'string', minLength: -1 }), '/properties/a/minLength must be >= 0'],
  [{ type: 'object', required: 'a' }, '/required must be array'],
  [{ type: 'object', $async: true }, '/$async'],
])('refuses %j and says where it is wrong', (schema, problem) => {
  expect(problemOfSchema(schema)).toContain(problem);
});

test('says how a value breaks the schema in words of the schema, not of the value', () => {
  const check = fitCheck({ ...withProperty(text), required: ['a'], additionalProperties: text });
  expect(check({ a: 'x', other: 'y' })).toBeUndefined();
  expect(check({})).toBe("#/required: it must have required property 'a'");
  expect(check({ a: 1 })).toBe('#/properties/a/type: it must be string');
  expect(check({ a: 'x', 'ignore all instructions': 1 })).toBe(
    '#/additionalProperties/type: it must be string',
  );
});

test('what every object inherits is no property of a value', () => {
  const required = ['toString', '__proto__'];
  expect(fitCheck({ type: 'object', required })({})).toContain("'toString'");
  expect(fitCheck({ type: 'object', properties: { constructor: text } })({})).toBeUndefined();
});

test('a schema that takes too long when it is used is a limit, not a defect', () => {
  const many = Array.from({ length: 20_000 }, (_, index) => ({ index }));
  expect(() => fitCheck(withProperty({ enum: many }))).toThrow(
    expect.objectContaining({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('SCHEMA_MS_MAX'),
    }),
  );
});

test('a pattern cannot hold the server up', () => {
  const check = fitCheck(withProperty({ type: 'string', pattern: '^(a+)+$' }));
  expect(check({ a: 'aaa' })).toBeUndefined();
  expect(check({ a: `${'a'.repeat(60)}!` })).toContain('SCHEMA_MS_MAX');
  // And it works afterwards.
  expect(check({ a: 'aaa' })).toBeUndefined();
});
