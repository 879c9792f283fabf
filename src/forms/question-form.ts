/** The questions of AskUserQuestion as fields of a form: the options, and a field for an answer in one's own words. */

import { z } from 'zod';
import { ANSWERS_MAX, FORM_CHARS_MAX, REASON_CHARS_MAX } from '../limits.ts';
import type { PermissionRequest } from '../session/event.ts';
import { cutChars, headOf, oneLine, visible } from '../text.ts';
import type { FormField } from './form.ts';

const TITLE_CHARS_MAX = 80;

const questionSchema = z.object({
  question: z.string(),
  header: z.string().catch('Question'),
  options: z
    .array(z.object({ label: z.string(), description: z.string().catch('') }))
    .min(1)
    .max(ANSWERS_MAX),
  multiSelect: z.boolean().catch(false),
});

export type Question = z.infer<typeof questionSchema>;

const inputSchema = z.object({ questions: z.array(questionSchema).min(1).max(ANSWERS_MAX) });

/** The questions of an AskUserQuestion request; undefined for another tool, or if no form can show them. */
export function questionsOf(request: PermissionRequest): readonly Question[] | undefined {
  if (request.toolName !== 'AskUserQuestion') return undefined;
  return inputSchema.safeParse(request.input).data?.questions;
}

export function questionFields(questions: readonly Question[]): Record<string, FormField> {
  return Object.fromEntries(questions.flatMap((question, at) => fieldsOf(question, at)));
}

function fieldsOf(question: Question, at: number): [string, FormField][] {
  const title = cutChars(oneLine(question.header), TITLE_CHARS_MAX);
  const labels = labelsOf(question);
  const meanings = question.options.flatMap(({ label, description }) =>
    description === '' ? [] : `${label}: ${description}`,
  );
  const description = cutChars(
    visible([question.question, ...meanings].join('\n')),
    FORM_CHARS_MAX,
  );
  return [
    [
      `answer${at + 1}`,
      question.multiSelect
        ? { type: 'array', title, description, items: { type: 'string', enum: labels } }
        : { type: 'string', title, description, enum: labels },
    ],
    [`other${at + 1}`, { type: 'string', title: `${title}: in your own words` }],
  ];
}

function labelsOf({ options }: Question): string[] {
  return [...new Set(options.map(({ label }) => cutChars(oneLine(label), TITLE_CHARS_MAX)))];
}

/** The answers by question; undefined if there are none. An answer in one's own words takes precedence. */
export function answersIn(
  questions: readonly Question[],
  content: unknown,
): Record<string, string> | undefined {
  const given = z.record(z.string(), z.unknown()).safeParse(content).data ?? {};
  const answers = questions.flatMap(({ question }, at) => {
    const other = textOf(given[`other${at + 1}`]);
    const text = other === '' ? textOf(given[`answer${at + 1}`]) : other;
    return text === '' ? [] : [[question, text] as const];
  });
  return answers.length === 0 ? undefined : Object.fromEntries(answers);
}

function textOf(value: unknown): string {
  const text = Array.isArray(value) ? value.join(', ') : value;
  return typeof text === 'string' ? headOf(text.trim(), REASON_CHARS_MAX) : '';
}
