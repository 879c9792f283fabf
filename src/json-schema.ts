/**
 * JSON Schemas that callers give: whether one can be used, and whether a value fits it. Claude Code checks the same with the
 * same validator, and does not start with a schema that it cannot use. What a caller wrote must not hold the server up, so
 * everything here ends within SCHEMA_MS_MAX. Loaded when a schema is used.
 */

import { types } from 'node:util';
import { runInNewContext } from 'node:vm';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { quoteId, SessionError } from './errors.ts';
import { SCHEMA_MS_MAX } from './limits.ts';
import { cutChars } from './text.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** What says how a value breaks a schema, in words of the schema; undefined if it fits. */
export type FitCheck = (value: unknown) => string | undefined;

const REASON_CHARS_MAX = 200;
const TOO_SLOW = `takes longer than ${SCHEMA_MS_MAX} ms to check (SCHEMA_MS_MAX)`;

/** Words of draft-07 that hold a schema, a list of schemas, or a map of them. */
const HOLDERS = new Set(
  `additionalItems additionalProperties allOf anyOf contains else if items not oneOf propertyNames then`.split(
    ' ',
  ),
);
const MAPS = new Set('$defs definitions dependencies patternProperties properties'.split(' '));

/** The API takes these for the input of a tool only below its root. */
const NOT_AT_ROOT = ['allOf', 'anyOf', 'oneOf'];
const ROOT_NAME = /^[\w.-]{1,64}$/;

/** Why the schema of an object cannot be used, with the place in it as a JSON Pointer; undefined if it can. */
export function problemOfSchema(schema: JsonSchema): string | undefined {
  try {
    return inTime(() => problemOfRoot(schema) ?? problemsWithin(schema) ?? notCompiled(schema));
  } catch (error) {
    return at('', isTimeUp(error) ? TOO_SLOW : reasonOf(error));
  }
}

/**
 * The check of values against a schema that {@link problemOfSchema} has found no problem with.
 *
 * @throws SessionError LIMIT_EXCEEDED if it takes too long now
 */
export function fitCheck(schema: JsonSchema): FitCheck {
  const validate = compiled(schema);
  return (value) => {
    try {
      return inTime(() => validate(value)) ? undefined : misfit(validate.errors?.[0]);
    } catch (error) {
      return isTimeUp(error) ? TOO_SLOW : reasonOf(error);
    }
  };
}

function compiled(schema: JsonSchema): ValidateFunction {
  try {
    return inTime(() => newValidator().compile(schema));
  } catch (error) {
    if (!isTimeUp(error)) throw error;
    throw new SessionError('LIMIT_EXCEEDED', `the schema (outputSchema) ${TOO_SLOW}`, {
      hint: 'send the prompt again when the machine has less to do, or with a simpler schema.',
    });
  }
}

/** One for each schema: it keeps what it has compiled. The options are Claude Code's, but for what is named `ours`. */
function newValidator(): Ajv {
  // Without inlining, a schema cannot become much larger than it is. What every object inherits is no property of it.
  const ours = { inlineRefs: false, ownProperties: true, logger: false } as const;
  return new Ajv({ validateFormats: false, multipleOfPrecision: 6, ...ours });
}

/** Stops even a regular expression that would run for years. */
function inTime<T>(work: () => T): T {
  return runInNewContext('work()', { work }, { timeout: SCHEMA_MS_MAX }) as T;
}

function isTimeUp(error: unknown): boolean {
  // Of another realm, so that it is no `Error` of ours.
  return (
    types.isNativeError(error) && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  );
}

function problemOfRoot(schema: JsonSchema): string | undefined {
  if (schema.type !== 'object') return at('/type', 'must be "object"');
  const union = NOT_AT_ROOT.find((word) => Object.hasOwn(schema, word));
  if (union !== undefined)
    return at(`/${union}`, 'is not possible at the root; use it in a property');
  const names = Object.keys(isObject(schema.properties) ? schema.properties : {});
  const odd = names.find((name) => !ROOT_NAME.test(name));
  if (odd === undefined) return undefined;
  return at(
    `/properties/${escaped(odd)}`,
    'must have a name of 1 to 64 letters, digits, _, . or -',
  );
}

function problemsWithin(root: JsonSchema): string | undefined {
  const validator = newValidator();
  for (const [path, schema] of schemasIn(root, '')) {
    for (const [word, value] of Object.entries(schema)) {
      const problem = problemOfWord(validator, word, value);
      if (problem !== undefined) return at(`${path}/${escaped(word)}`, problem);
    }
  }
  if (validator.validateSchema(root) === true) return undefined;
  const [error] = validator.errors ?? [];
  return at(error?.instancePath ?? '', error?.message ?? 'is not valid');
}

function problemOfWord(validator: Ajv, word: string, value: unknown): string | undefined {
  if (!Object.hasOwn(validator.RULES.keywords, word)) return 'is no word of JSON Schema draft-07';
  if (word === '$async') return 'is not possible here';
  if (word === '$ref' && !`${value}`.startsWith('#')) {
    return 'must refer to a place in this schema: "#/definitions/…"';
  }
  if (word === 'pattern') return problemOfPattern(value);
  if (!MAPS.has(word) || !isObject(value)) return undefined;
  if (Object.hasOwn(value, '__proto__')) return 'must not use the name __proto__';
  if (word !== 'patternProperties') return undefined;
  return Object.keys(value)
    .map(problemOfPattern)
    .find((problem) => problem !== undefined);
}

function problemOfPattern(pattern: unknown): string | undefined {
  if (typeof pattern !== 'string') return 'must be a regular expression';
  try {
    new RegExp(pattern, 'u');
    return undefined;
  } catch {
    return `is not a regular expression: ${quoteId(pattern)}`;
  }
}

/** The schema and all within it, each with its place. */
function* schemasIn(
  schema: JsonSchema,
  path: string,
): Generator<[path: string, schema: JsonSchema]> {
  yield [path, schema];
  for (const [word, value] of Object.entries(schema)) {
    const place = `${path}/${word}`;
    if (HOLDERS.has(word)) yield* schemasOf(value, place);
    if (MAPS.has(word) && isObject(value)) {
      for (const [name, held] of Object.entries(value)) {
        yield* schemasOf(held, `${place}/${escaped(name)}`);
      }
    }
  }
}

function* schemasOf(value: unknown, path: string): ReturnType<typeof schemasIn> {
  if (isObject(value)) yield* schemasIn(value, path);
  if (!Array.isArray(value)) return;
  for (const [index, item] of value.entries()) yield* schemasOf(item, `${path}/${index}`);
}

/** A reference to nothing, for example. */
function notCompiled(schema: JsonSchema): string | undefined {
  try {
    newValidator().compile(schema);
    return undefined;
  } catch (error) {
    if (isTimeUp(error)) throw error;
    return at('', reasonOf(error));
  }
}

/** Not by the place in the value, which may have names that Claude chose. */
function misfit(error: ErrorObject | undefined): string {
  return error === undefined ? 'it is not valid' : `${error.schemaPath}: it ${error.message}`;
}

function at(path: string, problem: string): string {
  return `${path === '' ? 'the schema' : cutChars(path, REASON_CHARS_MAX)} ${problem}`;
}

function reasonOf(error: unknown): string {
  // Nothing in a message is nested so deeply that it could overflow the stack without that.
  if (error instanceof RangeError) return 'cannot be used: a $ref in it leads to itself';
  const text = error instanceof Error ? error.message : 'unknown reason';
  return `cannot be used: ${cutChars(text, REASON_CHARS_MAX)}`;
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function isObject(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
