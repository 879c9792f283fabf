/** Tool schemas as clients read them. */

import { z } from 'zod';

type Schema = Readonly<Record<string, unknown>>;
type ObjectSchema = { type: 'object'; [word: string]: unknown };

/**
 * The words of JSON Schema that every model provider accepts. OpenAI's strict mode, Gemini and others refuse a whole request
 * over one other word. What is left out is checked by the tools themselves.
 */
const INPUT_WORDS = new Set([
  'type',
  'properties',
  'required',
  'items',
  'enum',
  'description',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'additionalProperties',
]);

/** Enough to know what a reply holds. Clients check replies against it, also those of a later version. */
const OUTPUT_WORDS = new Set([
  'type',
  'properties',
  'required',
  'items',
  'enum',
  'anyOf',
  'description',
]);

/** Schema of a tool's arguments. */
export function inputSchema(schema: z.ZodObject): ObjectSchema {
  return objectSchema(schema, { io: 'input', words: INPUT_WORDS });
}

/** Makes the schemas of replies. A shape that several tools return is described for the first, to which the others refer. */
export function outputSchemas(): (tool: string, schema: z.ZodObject) => ObjectSchema {
  const describedFor = new Map<unknown, string>();
  return (tool, schema) => {
    const shapeOf = (shape: unknown) => {
      const first = describedFor.get(shape);
      if (first === undefined) describedFor.set(shape, tool);
      return first;
    };
    return objectSchema(schema, { io: 'output', words: OUTPUT_WORDS, shapeOf });
  };
}

type Wanted = {
  readonly io: 'input' | 'output';
  readonly words: ReadonlySet<string>;
  /** The tool for which a shape has been described. */
  readonly shapeOf?: (shape: unknown) => string | undefined;
};

function objectSchema(schema: z.ZodObject, wanted: Wanted): ObjectSchema {
  const made = z.toJSONSchema(schema, { io: wanted.io });
  return { ...portable(made as Schema, wanted), type: 'object' };
}

/** The metadata of ours: what a map is shown as, and the name of a shape that several tools return. */
function portable(schema: Schema, wanted: Wanted): Schema {
  const { shownAs, shape, ...rest } = schema;
  const description = descriptionOf(schema);
  const described = description === '' ? {} : { description };
  if (isSchema(shownAs)) return { ...portable(shownAs, wanted), ...described };
  const first = shape === undefined ? undefined : wanted.shapeOf?.(shape);
  if (first !== undefined) return { type: 'object', description: `As in ${first}.`, ...described };
  const kept = Object.entries({ ...rest, ...unionOf(rest), ...described })
    .filter(([word, value]) => wanted.words.has(word) && !isNoBound(value) && !isUnion(word, value))
    .map(([word, value]) => [word, portableValue(word, value, wanted)]);
  return Object.fromEntries(kept);
}

/** With the default, for which there is no word that every provider accepts. */
function descriptionOf({ description = '', default: byDefault = false }: Schema): string {
  return byDefault === false ? `${description}` : `${description} Default: ${byDefault}.`.trim();
}

function portableValue(word: string, value: unknown, wanted: Wanted): unknown {
  if (!isSchema(value)) return value;
  if (word !== 'properties') return portable(value, wanted);
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, portable(inner as Schema, wanted)]),
  );
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value of several types, which in replies may be null. */
function unionOf({ type }: Schema): Schema {
  return Array.isArray(type) ? { anyOf: type.map((each: unknown) => ({ type: each })) } : {};
}

/** Some clients know only one type in one place. */
function isUnion(word: string, value: unknown): boolean {
  return word === 'type' && Array.isArray(value);
}

/** Zod's bounds of an integer, which nobody chose. */
function isNoBound(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) === Number.MAX_SAFE_INTEGER;
}
