/**
 * Arguments as clients really send them, made into what the schema of a tool says. Clients differ in how they write a
 * value, not in what they mean: `null` for what is left out, lists and numbers as JSON text, one text for a list of one.
 * Whether the value is allowed is not decided here: what cannot be read in another way is left as it is, and the schema
 * refuses it.
 */

import { z } from 'zod';
import { shapeProblem } from '../json-shape.ts';

/** The value for the schema. Members that the schema does not know, and their values, stay as they are. */
export function decode(schema: z.ZodType, value: unknown): unknown {
  const options = optionsOf(schema);
  const read = typeof value === 'string' ? readText(options, value) : value;
  if (Array.isArray(read)) {
    const list = options.find((option) => option instanceof z.ZodArray);
    return list === undefined ? read : read.map((entry) => decode(typeOf(list.element), entry));
  }
  if (typeof read !== 'object' || read === null) return read;
  const list = listForOne(options);
  return list === undefined ? decodeMembers(options, read) : [decode(list, read)];
}

/** The alternatives that a schema has for a value that is there. */
export function optionsOf(schema: z.ZodType): readonly z.ZodType[] {
  if (schema instanceof z.ZodUnion) {
    return schema.options.flatMap((option) => optionsOf(typeOf(option)));
  }
  if (schema instanceof z.ZodPipe) {
    const { in: before, out: after } = schema.def;
    return optionsOf(typeOf(before instanceof z.ZodTransform ? after : before));
  }
  const isWrapped = schema instanceof z.ZodOptional || schema instanceof z.ZodDefault;
  return isWrapped ? optionsOf(typeOf(schema.unwrap())) : [schema];
}

/** Zod's own types name the core of a schema; every schema of ours is a whole one. */
export function typeOf(schema: unknown): z.ZodType {
  return schema as z.ZodType;
}

export type JsonKind = 'number' | 'boolean' | 'array' | 'object';

/** What of JSON a schema wants, if that is not text. */
export function kindOf(schema: z.ZodType): JsonKind | undefined {
  if (schema instanceof z.ZodNumber) return 'number';
  if (schema instanceof z.ZodBoolean) return 'boolean';
  if (schema instanceof z.ZodArray) return 'array';
  const isObject = schema instanceof z.ZodObject || schema instanceof z.ZodRecord;
  return isObject ? 'object' : undefined;
}

/** A text although the schema has no place for one: JSON of what it wants, or the one text of a list. */
function readText(options: readonly z.ZodType[], text: string): unknown {
  const kinds = options.map(kindOf);
  if (kinds.includes(undefined)) return text;
  const value = parsed(text);
  const kindOfValue = jsonKindOf(value);
  if (kinds.some((kind) => kind === kindOfValue)) return value;
  if (kindOfValue === 'object' && listForOne(options) !== undefined) return value;
  // Text that begins like JSON was spoilt, or encoded twice: it is not the one text of a list.
  const isPlain = text !== '' && !/^\s*[[{"]/.test(text);
  return isPlain && options.some(isListOfTexts) ? [text] : text;
}

/** What the entries of a list are, if one object can only be meant as its one entry. */
function listForOne(options: readonly z.ZodType[]): z.ZodType | undefined {
  if (options.some((option) => kindOf(option) === 'object' || kindOf(option) === undefined))
    return undefined;
  const entries = options.flatMap((option) =>
    option instanceof z.ZodArray ? typeOf(option.element) : [],
  );
  return entries.find((entry) => optionsOf(entry).some((one) => kindOf(one) === 'object'));
}

function isListOfTexts(schema: z.ZodType): boolean {
  return schema instanceof z.ZodArray && optionsOf(typeOf(schema.element)).some(isText);
}

function isText(schema: z.ZodType): boolean {
  return schema instanceof z.ZodString || schema instanceof z.ZodEnum;
}

/** Undefined if it is not JSON, or more deeply nested or wider than a message may be. */
export function parsed(text: string): unknown {
  if (shapeProblem(Buffer.from(text)) !== undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function jsonKindOf(value: unknown): JsonKind | 'string' | undefined {
  if (Array.isArray(value)) return 'array';
  const kind = typeof value;
  if (kind === 'object') return value === null ? undefined : 'object';
  return kind === 'number' || kind === 'boolean' || kind === 'string' ? kind : undefined;
}

function decodeMembers(options: readonly z.ZodType[], members: object): object {
  const object = options.find((option) => option instanceof z.ZodObject);
  if (object !== undefined) return decodeFields(object.shape, members);
  const map = options.find((option) => option instanceof z.ZodRecord);
  if (map === undefined) return members;
  const values = typeOf(map.valueType);
  return mapEntries(members, (name, value) => [[name, decode(values, value)]]);
}

function decodeFields(fields: Readonly<Record<string, unknown>>, members: object): object {
  return mapEntries(members, (name, value) => {
    if (!Object.hasOwn(fields, name)) return [[name, value]];
    const field = typeOf(fields[name]);
    return isLeftOut(field, value) ? [] : [[name, decode(field, value)]];
  });
}

function mapEntries(
  members: object,
  entry: (name: string, value: unknown) => readonly (readonly [string, unknown])[],
): object {
  return Object.fromEntries(Object.entries(members).flatMap(([name, value]) => entry(name, value)));
}

/** `null` for what may be left out, and the empty text for an id, a name or another short text that cannot be empty. */
function isLeftOut(field: z.ZodType, value: unknown): boolean {
  if (value !== null && value !== '') return false;
  if (!field.isOptional() || field.isNullable()) return false;
  return value === null || optionsOf(field).some(isNeverEmpty);
}

function isNeverEmpty(schema: z.ZodType): boolean {
  return schema instanceof z.ZodString && (schema.minLength ?? 0) > 0;
}
