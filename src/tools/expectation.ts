/** What a schema takes, in words, and as an example. */

import { z } from 'zod';
import { quoteId } from '../errors.ts';
import { optionsOf, typeOf } from './decode.ts';

/** What a value for the schema must be: "a whole number of milliseconds, 0 to 50000". */
export function expectation(schema: z.ZodType, name: string): string {
  return optionsOf(schema)
    .map((option) => single(option, name))
    .join(', or ');
}

function single(schema: z.ZodType, name: string): string {
  if (schema instanceof z.ZodNumber) return numberText(schema, name);
  if (schema instanceof z.ZodBoolean) return 'true or false';
  if (schema instanceof z.ZodEnum) return `one of ${schema.options.map(quoted).join(', ')}`;
  if (schema instanceof z.ZodString) return textText(schema);
  if (schema instanceof z.ZodArray) return listText(schema, name);
  if (schema instanceof z.ZodRecord) return 'an object with names and values';
  return schema instanceof z.ZodObject ? 'an object' : 'a value of another type';
}

function quoted(word: unknown): string {
  return `"${word}"`;
}

function numberText(schema: z.ZodNumber, name: string): string {
  const kind = schema.isInt ? 'a whole number' : 'a number';
  const unit = isMilliseconds(name) ? ' of milliseconds' : '';
  return `${kind}${unit}${rangeText(schema)}`;
}

/** The bounds that somebody chose: not those of whole numbers in general. */
function rangeText({ minValue, maxValue, def }: z.ZodNumber): string {
  const isExclusive = (def.checks ?? []).some(
    ({ _zod }) =>
      _zod.def.check === 'greater_than' && 'inclusive' in _zod.def && !_zod.def.inclusive,
  );
  const least = bound(minValue);
  const most = bound(maxValue);
  if (least === undefined) return most === undefined ? '' : `, at most ${most}`;
  if (isExclusive) return ` greater than ${least}`;
  return most === undefined ? `, at least ${least}` : `, ${least} to ${most}`;
}

function bound(value: number | null): number | undefined {
  return value !== null && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined;
}

function textText({ minLength, maxLength }: z.ZodString): string {
  if (maxLength === null) return minLength ? 'text that is not empty' : 'text';
  return minLength
    ? `text of ${minLength} to ${maxLength} characters`
    : `text of at most ${maxLength} characters`;
}

function listText(schema: z.ZodArray, name: string): string {
  const entries = expectation(typeOf(schema.element), name);
  return `a list${countText(schema)}, each ${entries}`;
}

function countText({ def }: z.ZodArray): string {
  const bounds = (def.checks ?? []).map(({ _zod }) => _zod.def);
  const least = bounds.find((one) => one.check === 'min_length');
  const most = bounds.find((one) => one.check === 'max_length');
  const [minimum, maximum] = [numberIn(least, 'minimum') ?? 0, numberIn(most, 'maximum')];
  if (maximum === undefined) return ' of entries';
  return minimum === 0 ? ` of at most ${maximum} entries` : ` of ${minimum} to ${maximum} entries`;
}

function numberIn(bound: object | undefined, name: string): number | undefined {
  const value: unknown = bound && Reflect.get(bound, name);
  return typeof value === 'number' ? value : undefined;
}

function isMilliseconds(name: string): boolean {
  return name === 'timeout' || name.endsWith('Ms');
}

/** A value that is one short word or number; anything else may be secret. */
export function plainWord(text: string): string {
  if (text === '') return 'empty';
  return /^[\w.-]{1,40}$/.test(text) ? quoted(quoteId(text)) : 'other text';
}

/** The arguments that must be there, and these others, as JSON. */
export function exampleCall(input: z.ZodObject, others: readonly string[]): string {
  const shown = Object.entries(input.shape).filter(
    ([name, field]) => !field.isOptional() || others.includes(name),
  );
  return JSON.stringify(
    Object.fromEntries(shown.map(([name, field]) => [name, example(field, name)])),
  );
}

function example(field: z.ZodType, name: string): unknown {
  if (field instanceof z.ZodDefault && !isEmpty(field.def.defaultValue))
    return field.def.defaultValue;
  if (Object.hasOwn(EXAMPLES, name)) return EXAMPLES[name];
  const [option] = optionsOf(field);
  if (option instanceof z.ZodNumber) return numberExample(option, name);
  if (option instanceof z.ZodBoolean) return false;
  if (option instanceof z.ZodEnum) return option.options[0];
  if (option instanceof z.ZodArray) return [example(typeOf(option.element), name)];
  if (option instanceof z.ZodObject) return JSON.parse(exampleCall(option, []));
  if (option instanceof z.ZodRecord) return { name: 'value' };
  return TEXTS[name] ?? '…';
}

/** A default that says nothing of what else could be there. */
function isEmpty(value: unknown): boolean {
  return value === 0 || value === false;
}

function numberExample({ minValue }: z.ZodNumber, name: string): number {
  const least = bound(minValue) ?? 0;
  return isMilliseconds(name) ? Math.max(30_000, least) : Math.max(1, least);
}

/** Of what a type alone does not tell. */
const EXAMPLES: Readonly<Record<string, unknown>> = {
  agents: [{ name: 'reviewer', description: 'Reviews changes', prompt: 'Review the changes: …' }],
  attachments: [{ path: '/path/to/project/shot.png' }],
  outputSchema: { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] },
};

const TEXTS: Readonly<Record<string, string>> = {
  sessionId: 'claude_…',
  sessionIds: 'claude_…',
  allowedTools: 'Read',
  disallowedTools: 'WebFetch',
  sandboxDomains: 'example.com',
  label: 'key=value',
  labels: 'key=value',
  workingDirectory: '/path/to/project',
  taskId: 'TICKET-1',
};
