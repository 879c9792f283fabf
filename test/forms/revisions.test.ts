/** Whatever Claude asks, its form is one that the revision of the client knows, and shows on one line what is one line. */

import { specTypeSchemas } from '@modelcontextprotocol/client';
import { ElicitRequestFormParamsSchema } from '@modelcontextprotocol/sdk/types.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Form, type FormField, styleOf } from '../../src/forms/form.ts';
import { answerOf, permissionForm } from '../../src/forms/permission-form.ts';
import type { PermissionRequest } from '../../src/session/event.ts';
import { newSession } from '../session/log.ts';

const line = z.string().regex(/^[^\n\r]*$/);
const shown = { title: line.min(1), description: line.min(1).optional() };
const choices = z
  .array(z.strictObject({ const: line.min(1), title: line.min(1) }))
  .min(1)
  .refine((all) => new Set(all.map((choice) => choice.const)).size === all.length);
const values = z
  .array(line.min(1))
  .min(1)
  .refine((all) => new Set(all).size === all.length);

const text = z.strictObject({ ...shown, type: z.literal('string') });
const boolean = z.strictObject({ ...shown, type: z.literal('boolean') });

/** What 2025-06-18 has: single values, and enums of strings with names. */
const flat = z.union([
  text,
  boolean,
  z
    .strictObject({
      ...shown,
      type: z.literal('string'),
      enum: values,
      enumNames: z.array(line.min(1)).optional(),
    })
    .refine((field) => field.enumNames?.length === (field.enumNames && field.enum.length)),
]);

/** What came with 2025-11-25 in place of names: titled choices, one or several; and defaults. */
const rich = z.union([
  text,
  boolean,
  z.strictObject({
    ...shown,
    type: z.literal('string'),
    enum: values,
    default: z.string().optional(),
  }),
  z.strictObject({ ...shown, type: z.literal('string'), oneOf: choices }),
  z.strictObject({
    ...shown,
    type: z.literal('array'),
    items: z.strictObject({ anyOf: choices }),
  }),
]);

const REVISIONS = [
  ['2025-06-18', flat],
  ['2025-11-25', rich],
  ['2026-07-28', rich],
] as const;

function schemaOf(field: z.ZodType) {
  return z.strictObject({
    message: z.string().min(1),
    requestedSchema: z.strictObject({
      type: z.literal('object'),
      properties: z.record(z.string(), field),
      required: z.array(z.string()).optional(),
    }),
  });
}

const REQUEST: PermissionRequest = {
  requestId: 'r',
  sessionId: 's',
  turnId: null,
  toolName: 'AskUserQuestion',
  input: {},
  state: 'pending',
  createdAt: 1,
  expiresAt: 2,
};

const words = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', ' ', 'Yes', 'No', '\n', '__proto__', 'x'.repeat(700), '\ud83d', '\u202e'),
);
const option = fc.record({ label: words, description: words }, { requiredKeys: ['label'] });
const question = fc.record({
  question: words,
  header: words,
  options: fc.array(option, { minLength: 1, maxLength: 4 }),
  multiSelect: fc.boolean(),
});
const questions = fc.array(question, { minLength: 1, maxLength: 4 });
const input = fc.oneof(
  questions.map((asked) => ({ questions: asked })),
  fc.dictionary(words, fc.jsonValue()),
  fc.record({ command: words, description: words }),
  fc.record({ plan: words }),
);
const asked = fc
  .record({
    toolName: fc.constantFrom('AskUserQuestion', 'ExitPlanMode', 'Bash', 'Write', '\u202e\n'),
    input,
    description: fc.option(words, { nil: undefined }),
    as: fc.option(words, { nil: undefined }),
  })
  .map(
    ({ as, ...request }): PermissionRequest => ({
      ...REQUEST,
      ...request,
      ...(as !== undefined && {
        memory: { as, rule: { kind: 'host', tool: 'WebFetch', host: 'h' } },
      }),
    }),
  );

/** Everything that can be ticked is, and every list has its first choice. */
function filled({ requestedSchema }: Form): Record<string, unknown> {
  const fields = Object.entries(requestedSchema.properties);
  return Object.fromEntries(fields.map(([name, field]) => [name, filledField(field)]));
}

function filledField(field: FormField): unknown {
  if (field.type === 'boolean') return true;
  if (field.type === 'array') return [field.items.anyOf[0]?.const];
  if ('oneOf' in field) return field.oneOf[0]?.const;
  return 'enum' in field ? field.enum[0] : undefined;
}

describe.each(REVISIONS)('a form for %s', (revision, field) => {
  const schema = schemaOf(field);
  const made = (request: PermissionRequest) =>
    permissionForm(request, newSession(), styleOf(revision));

  test('has only what the revision knows', () => {
    fc.assert(
      fc.property(asked, (request) => {
        const form = made(request);
        expect(schema.safeParse(form).error?.issues).toBeUndefined();
        if (revision !== '2025-06-18') ElicitRequestFormParamsSchema.parse(form);
        const official = specTypeSchemas.ElicitRequestFormParams['~standard'].validate(form);
        expect(official).not.toHaveProperty('issues');
      }),
    );
  });

  test('brings back an answer to every question', () => {
    fc.assert(
      fc.property(questions, (all) => {
        const request = { ...REQUEST, input: { questions: all } };
        const reply = { action: 'accept', content: filled(made(request)) } as const;
        const answers = answerOf(request, reply)?.answers ?? {};
        const texts = new Set(all.map((each) => each.question));
        expect(new Set(Object.keys(answers))).toEqual(texts);
      }),
    );
  });
});
