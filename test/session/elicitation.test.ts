import { describe, expect, test } from 'vitest';
import { SessionError } from '../../src/errors.ts';
import { elicitedContent, elicitedFields } from '../../src/session/elicitation.ts';

const PROPERTIES = {
  name: { type: 'string', title: 'Name', minLength: 2, maxLength: 10 },
  age: { type: 'integer', minimum: 0, maximum: 150 },
  share: { type: 'number' },
  ok: { type: 'boolean', default: true },
  color: { type: 'string', enum: ['red', 'green'], enumNames: ['Red', 'Green'] },
  size: {
    type: 'string',
    oneOf: [
      { const: 's', title: 'Small' },
      { const: 'm', title: 'Medium' },
    ],
  },
  parts: { type: 'array', items: { type: 'string', enum: ['a', 'b', 'c, d'] }, maxItems: 2 },
  constructor: { type: 'string' },
  mail: { type: 'string', format: 'email' },
  page: { type: 'string', format: 'uri' },
  day: { type: 'string', format: 'date' },
  at: { type: 'string', format: 'date-time' },
  color_of: { type: 'string', format: 'color' },
  mark: { type: 'string', minLength: 1, maxLength: 1 },
};

function inputWith(required: string[], properties: object = PROPERTIES) {
  return { server: 's', message: 'm', requestedSchema: { type: 'object', properties, required } };
}

function contentOf(answers: Record<string, string>, required: string[] = []) {
  return elicitedContent(inputWith(required), answers);
}

/** What is wrong, and what to do about it. */
function problemOf(answers: Record<string, string>, required: string[] = []) {
  try {
    return contentOf(answers, required);
  } catch (error) {
    if (!(error instanceof SessionError)) throw error;
    expect(error.code).toBe('INVALID_REQUEST');
    return error.message.replace('answers: ', '');
  }
}

describe('answers to an MCP server', () => {
  test.each([
    [{ name: 'Bob ' }, { name: 'Bob ' }],
    [{ age: ' 42 ' }, { age: 42 }],
    [{ share: '-1.5e3' }, { share: -1500 }],
    [{ ok: 'false' }, { ok: false }],
    [{ color: 'red' }, { color: 'red' }],
    [{ color: 'Green' }, { color: 'green' }],
    [{ size: 'Medium' }, { size: 'm' }],
    [{ parts: 'a, b' }, { parts: ['a', 'b'] }],
    [{ parts: '["c, d", "a", "a"]' }, { parts: ['c, d', 'a'] }],
    [{ parts: '[]' }, { parts: [] }],
    [{ name: '', constructor: '' }, {}],
    [{ mail: 'bob@example.com' }, { mail: 'bob@example.com' }],
    [{ page: 'https://example.com/' }, { page: 'https://example.com/' }],
    [{ day: '2026-02-28' }, { day: '2026-02-28' }],
    [{ at: '2026-02-28T10:00:00+01:00' }, { at: '2026-02-28T10:00:00+01:00' }],
    [{ color_of: 'of no known format' }, { color_of: 'of no known format' }],
    [{ mark: '😀' }, { mark: '😀' }],
  ])('%j have the types of its schema', (answers, content) => {
    expect(contentOf(answers as Record<string, string>)).toEqual(content);
  });

  test.each([
    [{ nmae: 'Bob' }, 'nothing is asked for as nmae; did you mean name?'],
    [{ name: 'B' }, 'name: expected text, at least 2 characters, at most 10 characters'],
    [{ age: 'old' }, 'age: expected a whole number, at least 0, at most 150'],
    [{ age: '1.5' }, 'age: expected a whole number'],
    [{ age: '151' }, 'age: expected a whole number'],
    [{ age: '0x10' }, 'age: expected a whole number'],
    [{ share: '1.2.3' }, 'share: expected a number'],
    [{ share: '1e999' }, 'share: expected a number'],
    [{ ok: 'yes' }, 'ok: expected true or false'],
    [{ color: 'blue' }, 'color: expected one of red, green'],
    [{ parts: 'a, x' }, 'parts: expected a list of a, b, c, d, with commas, at most 2 of them'],
    [{ parts: '["a", "b", "c, d"]' }, 'parts: expected a list'],
    [{ mail: 'bob' }, 'mail: expected an email address'],
    [{ page: 'example' }, 'page: expected an address such as https://example.com/'],
    [{ day: '2026-02-30' }, 'day: expected a date such as 2026-01-31'],
    [{ at: '2026-02-28T10:00Z' }, 'at: expected a date and time such as 2026-01-31T09:30:00Z'],
    [{ at: '2026-02-28' }, 'at: expected a date and time'],
    [{ mark: '😀😀' }, 'mark: expected text, at least 1 characters, at most 1 characters'],
  ])('%j are refused', (answers, problem) => {
    expect(problemOf(answers as Record<string, string>)).toContain(problem);
  });

  test('may be missing where they are not required, or have a default', () => {
    expect(contentOf({ name: 'Bob' }, ['name', 'ok'])).toEqual({ name: 'Bob', ok: true });
    expect(problemOf({}, ['name'])).toContain('name is missing: expected text');
    expect(problemOf({}, ['constructor'])).toContain('constructor is missing');
  });

  test.each([
    ['[400000 bytes omitted]'],
    [{ properties: { nested: { type: 'object' } }, required: ['nested'] }],
  ])('are none that fit if its schema cannot be read: %j', (requestedSchema) => {
    const input = { server: 's', message: 'm', requestedSchema };
    expect(() => elicitedContent(input, {})).toThrow('nothing can be answered');
  });

  test('are none if it asks for nothing', () => {
    expect(elicitedContent({ requestedSchema: { type: 'object' } }, {})).toEqual({});
    expect(elicitedContent({ server: 's', message: 'm', url: 'https://x' }, {})).toEqual({});
    expect(() => elicitedContent({ url: 'https://x' }, { name: 'x' })).toThrow('nothing is asked');
    expect(() => elicitedContent({ url: 'https://x… [9 bytes cut]' }, {})).toThrow('nobody can');
  });
});

test.each([
  ['Bash', inputWith([])],
  ['Elicitation', {}],
  ['Elicitation', inputWith([], {})],
  ['Elicitation', inputWith([], { nested: { type: 'object' } })],
  ['Elicitation', { requestedSchema: '[300000 bytes omitted]' }],
])('%s with %j has no fields', (tool, input) => {
  expect(elicitedFields(tool, input)).toBeUndefined();
});
