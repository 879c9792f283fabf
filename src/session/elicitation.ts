/**
 * What an MCP server of a session asks its user for: fields of MCP's flat schema, and answers to them. They arrive as
 * text, and reach the server with the types of its schema.
 */

import { z } from 'zod';
import { quoteId, SessionError } from '../errors.ts';
import { meantText } from '../nearest.ts';
import { holdsMark } from '../redaction.ts';
import { shorten } from '../text.ts';

/** The tool that such a request is shown as. Claude Code has none with that name. */
export const ELICITATION = 'Elicitation';

export type ElicitedChoice = { readonly value: string; readonly title: string };

/** What a text can be asked to be: what it is called, and what it must fit. */
const FORMATS = {
  email: { name: 'an email address', schema: z.email() },
  uri: { name: 'an address such as https://example.com/', schema: z.url() },
  date: { name: 'a date such as 2026-01-31', schema: z.iso.date() },
  'date-time': {
    name: 'a date and time such as 2026-01-31T09:30:00Z',
    // With seconds, which the schema lets be left out.
    schema: z.iso.datetime({ offset: true }).regex(/T\d\d:\d\d:\d\d/),
  },
} as const;

export type ElicitedFormat = keyof typeof FORMATS;

export type ElicitedField = {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly isRequired: boolean;
  readonly type: 'string' | 'number' | 'integer' | 'boolean' | 'array';
  /** If only these are allowed, of which a list may have several. */
  readonly choices?: readonly ElicitedChoice[] | undefined;
  readonly default?: unknown;
  /** Of a text. */
  readonly format?: ElicitedFormat | undefined;
  /** Bounds of a number, of the length of a text, or of the number of choices. */
  readonly min?: number | undefined;
  readonly max?: number | undefined;
};

const choice = z.object({ const: z.string(), title: z.string().catch('') });
const listed = {
  enum: z.array(z.string()).min(1).optional(),
  enumNames: z.array(z.string()).optional(),
  oneOf: z.array(choice).min(1).optional(),
};
const property = z.object({
  type: z.enum(['string', 'number', 'integer', 'boolean', 'array']),
  title: z.string().catch(''),
  description: z.string().catch(''),
  default: z.unknown().optional(),
  format: z.enum(['email', 'uri', 'date', 'date-time']).optional().catch(undefined),
  ...listed,
  items: z.object({ ...listed, anyOf: z.array(choice).min(1).optional() }).optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  minItems: z.number().optional(),
  maxItems: z.number().optional(),
});
const asked = z.object({
  requestedSchema: z.object({
    properties: z.record(z.string(), property).default({}),
    required: z.array(z.string()).catch([]),
  }),
});

const HINT_CHARS_MAX = 1000;

type Input = Readonly<Record<string, unknown>>;

const words = z.object({
  server: z.string().catch(''),
  message: z.string().catch(''),
  url: z.string().optional().catch(undefined),
});

/** Who asks, in which words, and which address is to be opened; undefined for another request. */
export function elicitationIn(toolName: string, input: unknown): z.infer<typeof words> | undefined {
  return toolName === ELICITATION ? words.safeParse(input).data : undefined;
}

/** The fields to fill in; undefined if it has none, or the schema is not one of MCP's. */
export function elicitedFields(
  toolName: string,
  input: unknown,
): readonly ElicitedField[] | undefined {
  if (toolName !== ELICITATION) return undefined;
  const schema = asked.safeParse(input).data?.requestedSchema;
  const fields = Object.entries(schema?.properties ?? {}).map(([name, given]) =>
    fieldOf(name, given, schema?.required.includes(name) === true),
  );
  return fields.length === 0 ? undefined : fields;
}

/** Why it can only be denied: from its schema, nobody can tell what to answer, or nobody can open its address. */
export function whyUnanswerable(toolName: string, input: Input): string | undefined {
  const { url = '' } = elicitationIn(toolName, input) ?? {};
  // A cut address says so in words. No real one has spaces in it.
  if (/\s/.test(url) || holdsMark(url)) return NOT_WHOLE;
  if (toolName !== ELICITATION || input.requestedSchema === undefined) return undefined;
  return asked.safeParse(input).success ? undefined : UNREADABLE;
}

const NOT_WHOLE =
  'nobody can open the address: it is too long to be kept, holds a credential, or is not one';
const UNREADABLE =
  "nothing can be answered: the schema of what is asked for is too long to be kept, or not one of MCP's";

function fieldOf(
  name: string,
  given: z.infer<typeof property>,
  isRequired: boolean,
): ElicitedField {
  const { type, description } = given;
  const isText = type === 'string';
  return {
    name,
    title: given.title || name,
    description,
    isRequired,
    type,
    choices: choicesOf(type === 'array' ? (given.items ?? {}) : given),
    default: given.default,
    format: isText ? given.format : undefined,
    min: isText ? given.minLength : (given.minimum ?? given.minItems),
    max: isText ? given.maxLength : (given.maximum ?? given.maxItems),
  };
}

type Choices = ElicitedField['choices'];
type Listed = z.infer<typeof property>['items'];

function choicesOf(given: NonNullable<Listed>): readonly ElicitedChoice[] | undefined {
  const titled = given.oneOf ?? given.anyOf;
  if (titled !== undefined) {
    return titled.map(({ const: value, title }) => ({ value, title: title || value }));
  }
  return given.enum?.map((value, at) => ({ value, title: given.enumNames?.[at] || value }));
}

/**
 * The answers as the server gets them. One that is empty is left out; a field that is required and missing has its
 * default.
 *
 * @throws SessionError INVALID_REQUEST that names the field and what was expected
 */
export function elicitedContent(
  input: Input,
  answers: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> {
  const problem = whyUnanswerable(ELICITATION, input);
  if (problem !== undefined) throw unanswerable(problem);
  const fields = elicitedFields(ELICITATION, input) ?? [];
  const names = fields.map(({ name }) => name);
  const given = new Map(Object.entries(answers));
  const unknown = [...given.keys()].find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw wrong(`nothing is asked for as ${quoteId(unknown)}${meantText(unknown, names)}`, fields);
  }
  const entries = fields.flatMap((field): [string, unknown][] => {
    const answer = given.get(field.name) ?? '';
    if (answer !== '') return [[field.name, typed(field, answer, fields)]];
    if (!field.isRequired) return [];
    if (field.default !== undefined) return [[field.name, field.default]];
    throw wrong(`${quoteId(field.name)} is missing: expected ${expectedOf(field)}`, fields);
  });
  return Object.fromEntries(entries);
}

type Value = string | number | boolean | readonly string[];

function typed(field: ElicitedField, answer: string, fields: readonly ElicitedField[]): Value {
  const value = convert(field, answer);
  if (value !== undefined && fits(field, value)) return value;
  throw wrong(`${quoteId(field.name)}: expected ${expectedOf(field)}`, fields);
}

/** Undefined if it cannot be of the field's type. */
function convert({ type, choices }: ElicitedField, answer: string): Value | undefined {
  const word = answer.trim();
  switch (type) {
    case 'boolean':
      return word === 'true' || word === 'false' ? word === 'true' : undefined;
    case 'number':
    case 'integer':
      return numberIn(word, type);
    case 'array':
      return chosenList(choices, word);
    case 'string':
      return choices === undefined ? answer : chosenIn(choices, word);
  }
}

function numberIn(word: string, type: 'number' | 'integer'): number | undefined {
  if (!/^[-+]?[\d.]+(e[-+]?\d+)?$/i.test(word)) return undefined;
  const number = Number(word);
  const isOne = type === 'integer' ? Number.isSafeInteger(number) : Number.isFinite(number);
  return isOne ? number : undefined;
}

function chosenList(choices: Choices, word: string): readonly string[] | undefined {
  const chosen = listIn(word).map((each) => chosenIn(choices, each));
  const known = chosen.filter((each) => each !== undefined);
  return known.length === chosen.length ? [...new Set(known)] : undefined;
}

function fits({ choices, type, format, min, max }: ElicitedField, value: Value): boolean {
  if (typeof value === 'boolean' || (type === 'string' && choices !== undefined)) return true;
  if (format !== undefined && !FORMATS[format].schema.safeParse(value).success) return false;
  // A character above U+FFFF is one.
  const size = typeof value === 'number' ? value : [...value].length;
  return size >= (min ?? -Infinity) && size <= (max ?? Infinity);
}

/** By its value, or by its title if that means one. */
function chosenIn(choices: Choices = [], word: string): string | undefined {
  if (choices.some(({ value }) => value === word)) return word;
  const [titled, ...others] = choices.filter(({ title }) => title === word);
  return others.length === 0 ? titled?.value : undefined;
}

/** JSON, or words with commas. */
function listIn(text: string): readonly string[] {
  try {
    const list = z.array(z.string()).safeParse(JSON.parse(text));
    if (list.success) return list.data;
  } catch {
    // Not JSON.
  }
  return text.split(',').map((word) => word.trim());
}

/** Such as `a whole number, at least 0`. */
export function expectedOf({ type, format, choices = [], min, max }: ElicitedField): string {
  const values = choices.map(({ value }) => quoteId(value)).join(', ');
  const kind = {
    string: values === '' ? textOf(format) : `one of ${values}`,
    number: 'a number',
    integer: 'a whole number',
    boolean: 'true or false',
    array: `a list of ${values || 'texts'}, with commas`,
  }[type];
  const unit = { string: ' characters', number: '', integer: '', boolean: '', array: ' of them' }[
    type
  ];
  const bounds = [
    min === undefined ? '' : `at least ${min}${unit}`,
    max === undefined ? '' : `at most ${max}${unit}`,
  ];
  return [kind, ...bounds].filter(Boolean).join(', ');
}

function textOf(format: ElicitedFormat | undefined): string {
  return format === undefined ? 'text' : FORMATS[format].name;
}

function unanswerable(problem: string): SessionError {
  return new SessionError('INVALID_REQUEST', `answers: ${problem}`, {
    hint: 'deny it; the request stays open.',
  });
}

function wrong(problem: string, fields: readonly ElicitedField[]): SessionError {
  const list = fields.map((field) => `${quoteId(field.name)} (${expectedOf(field)})`).join('; ');
  const all = shorten(list, HINT_CHARS_MAX);
  return new SessionError('INVALID_REQUEST', `answers: ${problem}`, {
    hint:
      all === ''
        ? 'allow it without answers, or deny it.'
        : `it asks for ${all}; the request stays open.`,
  });
}
