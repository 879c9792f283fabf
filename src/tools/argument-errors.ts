/** What was wrong with the arguments of a call, in words with which a model can send the right ones. */

import { z } from 'zod';
import { quoteId, SessionError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { kindOf, optionsOf, parsed, typeOf } from './decode.ts';
import { exampleCall, expectation, plainWord } from './expectation.ts';

const ISSUES_SHOWN = 3;

type Refused = {
  readonly tool: string;
  readonly input: z.ZodObject;
  /** After they were decoded. */
  readonly args: unknown;
  readonly issues: readonly z.core.$ZodIssue[];
};

/** Given to a parse, so that an issue has a message only if the schema has one of its own for it. */
export const OWN_MESSAGES_ONLY = { error: () => '' };

/** Says what was expected, and never repeats a value that may be secret. */
export function invalidArguments(refused: Refused): SessionError {
  const { tool, input, args, issues } = refused;
  // The first issue of a value says enough about it.
  const texts = new Map<string, string>();
  for (const issue of issues.toReversed()) {
    texts.set(`${issue.code === 'unrecognized_keys'} ${issue.path}`, issueText(issue, input, args));
  }
  const shown = [...texts.values()].toReversed().slice(0, ISSUES_SHOWN);
  const more = texts.size - shown.length;
  const rest = more > 0 ? `; and ${more} more` : '';
  return new SessionError('INVALID_REQUEST', `${tool}: ${shown.join('; ')}${rest}`, {
    hint: hintFor(refused),
  });
}

function hintFor({ tool, input, issues }: Refused): string {
  const wrong = issues.map(({ path }) => String(path[0]));
  const example = `Send, for example: ${tool} ${exampleCall(input, wrong)}`;
  const isUnknown = issues.some(
    ({ code, path }) => code === 'unrecognized_keys' && path.length === 0,
  );
  const names = Object.keys(input.shape);
  return isUnknown ? `${tool} takes ${names.join(', ') || 'no arguments'}. ${example}` : example;
}

function issueText(issue: z.core.$ZodIssue, input: z.ZodObject, args: unknown): string {
  const path = pathText(issue.path);
  if (issue.code === 'unrecognized_keys') return unknownText(issue, path, input);
  if (issue.code === 'invalid_key') return keyText(issue, path, input);
  const branch = issue.code === 'invalid_union' ? branchOf(issue) : undefined;
  if (branch !== undefined) {
    return issueText({ ...branch, path: [...issue.path, ...branch.path] }, input, args);
  }
  if (path === '') return 'the arguments must be one object';
  if (issue.message !== '') return `${path} ${issue.message}`;
  const field = fieldAt(input, issue.path);
  const value = valueAt(args, issue.path);
  if (value === undefined || (value === null && field !== undefined)) return `${path} is missing`;
  return `${path} ${mismatch(field, value, String(issue.path[0] ?? ''))}`;
}

/** As a program would write it: `attachments[0].path`. */
function pathText(path: readonly PropertyKey[]): string {
  const parts = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${quoteId(part)}`));
  return parts.join('').replace(/^\./, '');
}

/** For an invalid name in a map, only the inner issue says what is wrong. */
function keyText(
  { issues, path: at }: z.core.$ZodIssueInvalidKey,
  path: string,
  input: z.ZodObject,
): string {
  const own = issues[0]?.message;
  if (own) return `${path} ${own}`;
  const map = fieldAt(input, at.slice(0, -1));
  const keys = map && optionsOf(map).find((option) => option instanceof z.ZodRecord)?.keyType;
  return `${path} needs a name that is ${keys ? expectation(typeOf(keys), '') : 'shorter'}`;
}

function unknownText(
  { keys, path: at }: z.core.$ZodIssueUnrecognizedKeys,
  path: string,
  input: z.ZodObject,
): string {
  const known = namesIn(fieldAt(input, at));
  const shown = keys.slice(0, ISSUES_SHOWN).map((key) => {
    const meant = nearest(key, known);
    return quoteId(key) + (meant === undefined ? '' : ` (did you mean ${meant}?)`);
  });
  const names = shown.join(', ');
  // What the tool itself takes is in the hint.
  if (path === '') return `unknown argument ${names}`;
  return `unknown argument in ${path}: ${names}; it takes ${known.join(', ')}`;
}

function namesIn(schema: z.ZodType | undefined): readonly string[] {
  const options = schema === undefined ? [] : optionsOf(schema);
  const object = options.find((option) => option instanceof z.ZodObject);
  return Object.keys(object?.shape ?? {});
}

/** The issue of the one alternative whose type the value has. */
function branchOf({ errors }: z.core.$ZodIssueInvalidUnion): z.core.$ZodIssue | undefined {
  const isType = ({ code, path }: z.core.$ZodIssue) => code === 'invalid_type' && path.length === 0;
  return errors.find((issues) => !issues.some(isType))?.[0];
}

/** `must be …; it …`, for a value that is there. */
function mismatch(field: z.ZodType | undefined, value: unknown, name: string): string {
  const wanted = field === undefined ? 'another type' : expectation(field, name);
  return `must be ${wanted}; it ${cameAs(field, value)}`;
}

function cameAs(field: z.ZodType | undefined, value: unknown): string {
  if (typeof value === 'string') return cameAsText(field, value);
  if (typeof value === 'number') return `was ${value}`;
  if (typeof value === 'boolean') return `was ${value}`;
  if (Array.isArray(value)) return listAs(value);
  return value === null ? 'was null' : 'came as an object';
}

function listAs({ length }: readonly unknown[]): string {
  if (length === 0) return 'was an empty list';
  return `came as a list of ${length} ${length === 1 ? 'entry' : 'entries'}`;
}

function cameAsText(field: z.ZodType | undefined, value: string): string {
  const options = field === undefined ? [] : optionsOf(field);
  const isWord = options.some((option) => option instanceof z.ZodEnum);
  if (isWord) {
    const words = options.flatMap((option) => (option instanceof z.ZodEnum ? option.options : []));
    const meant = nearest(value, words.map(String));
    return `was ${plainWord(value)}${meant === undefined ? '' : ` (did you mean "${meant}"?)`}`;
  }
  if (options.some((option) => option instanceof z.ZodString)) return textAs(value);
  const isJsonToo = options.map(kindOf).some((kind) => kind === 'object' || kind === 'array');
  return isJsonToo && parsed(value) === undefined
    ? 'came as text that is not JSON'
    : 'came as text';
}

function textAs(value: string): string {
  return value === '' ? 'was empty' : `had ${value.length} characters`;
}

/** The schema at a path; undefined if there is none. */
function fieldAt(schema: z.ZodType, path: readonly PropertyKey[]): z.ZodType | undefined {
  const [part, ...rest] = path;
  if (part === undefined) return schema;
  const inner = optionsOf(schema)
    .map((option) => memberOf(option, part))
    .find((member) => member !== undefined);
  return inner && fieldAt(inner, rest);
}

function memberOf(schema: z.ZodType, part: PropertyKey): z.ZodType | undefined {
  if (schema instanceof z.ZodArray && typeof part === 'number') return typeOf(schema.element);
  if (schema instanceof z.ZodRecord) return typeOf(schema.valueType);
  if (!(schema instanceof z.ZodObject) || !Object.hasOwn(schema.shape, part)) return undefined;
  return typeOf(schema.shape[String(part)]);
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, part) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, part)
        ? (inner as Readonly<Record<PropertyKey, unknown>>)[part]
        : undefined,
    value,
  );
}
