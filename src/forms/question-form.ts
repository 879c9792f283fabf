/**
 * The questions of AskUserQuestion as fields of a form: the options, and a field for an answer in one's own words. A
 * `flat` form has no lists, so there each option of a question with several answers is a field of its own.
 */

import { z } from 'zod';
import { ANSWERS_MAX, FORM_CHARS_MAX, REASON_CHARS_MAX } from '../limits.ts';
import type { PermissionRequest } from '../session/event.ts';
import { cutChars, headOf, oneLine } from '../text.ts';
import type { Choice, FormField, FormStyle } from './form.ts';

const TITLE_CHARS_MAX = 80;
const CHOICE_CHARS_MAX = 500;

const questionSchema = z.object({
  question: z.string(),
  header: z.string().catch(''),
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

export function questionFields(
  questions: readonly Question[],
  style: FormStyle,
): Record<string, FormField> {
  return Object.fromEntries(questions.flatMap((question, at) => fieldsOf(question, at, style)));
}

/** The questions that no field shows: the message of the form must. */
export function questionText(questions: readonly Question[], style: FormStyle): string {
  return questions
    .filter((question) => isSpread(question, style))
    .map((question) => `${titleOf(question)}: ${textOf(question)}`)
    .join('\n');
}

function fieldsOf(question: Question, at: number, style: FormStyle): [string, FormField][] {
  const title = titleOf(question);
  const own = `${title}: in your own words`;
  return [...answerFields(question, at, style), [`other${at + 1}`, { type: 'string', title: own }]];
}

function answerFields(question: Question, at: number, style: FormStyle): [string, FormField][] {
  const choices = choicesOf(question).map(({ const: value, title }) => ({ const: value, title }));
  const description = textOf(question);
  const shown = { title: titleOf(question), ...(description !== '' && { description }) };
  if (isSpread(question, style)) {
    return choices.map((choice, option) => [
      `answer${at + 1}_${option + 1}`,
      { type: 'boolean', title: `${shown.title}: ${choice.title}` },
    ]);
  }
  const field: FormField = question.multiSelect
    ? { type: 'array', ...shown, items: { anyOf: choices } }
    : { type: 'string', ...shown, ...oneOf(choices, style) };
  return [[`answer${at + 1}`, field]];
}

function oneOf(choices: Choice[], style: FormStyle) {
  if (style === 'rich') return { oneOf: choices };
  const values = choices.map((choice) => choice.const);
  return { enum: values, enumNames: choices.map(({ title }) => title) };
}

/** Whether each option is a field of its own. */
function isSpread({ multiSelect }: Question, style: FormStyle): boolean {
  return multiSelect && style === 'flat';
}

function titleOf({ header }: Question): string {
  return cutChars(oneLine(header), TITLE_CHARS_MAX) || 'Question';
}

function textOf({ question }: Question): string {
  return cutChars(oneLine(question), FORM_CHARS_MAX);
}

/** The options: what the form calls each of them, and what Claude is told if it is chosen. */
function choicesOf({ options }: Question): (Choice & { readonly answer: string })[] {
  const taken = new Set<string>();
  return options.map(({ label, description }, at) => {
    const name = cutChars(oneLine(label), TITLE_CHARS_MAX);
    const value = name === '' || taken.has(name) ? freeName(name || 'Option', at, taken) : name;
    taken.add(value);
    const meaning = cutChars(oneLine(description), CHOICE_CHARS_MAX);
    const title = meaning === '' ? value : `${value}: ${meaning}`;
    // Claude knows an option by its label, if that says which one it is.
    const isUnique = name !== '' && options.filter((option) => option.label === label).length === 1;
    return { const: value, title, answer: isUnique ? label : title };
  });
}

function freeName(name: string, at: number, taken: ReadonlySet<string>): string {
  for (let number = at + 1; ; number++) {
    const value = `${name} (${number})`;
    if (!taken.has(value)) return value;
  }
}

/** The answers by question; undefined if there are none. An answer in one's own words replaces one choice, and adds to several. */
export function answersIn(
  questions: readonly Question[],
  content: unknown,
): Record<string, string> | undefined {
  const given = z.record(z.string(), z.unknown()).safeParse(content).data ?? {};
  const answers = questions.flatMap((question, at) => {
    const own = ownWords(given[`other${at + 1}`]);
    const chosen = chosenOf(question, at, given);
    const parts = question.multiSelect || own === '' ? [...chosen, own] : [own];
    const text = parts.filter((part) => part !== '').join(', ');
    return text === '' ? [] : [[question.question, headOf(text, REASON_CHARS_MAX)] as const];
  });
  return answers.length === 0 ? undefined : Object.fromEntries(answers);
}

function chosenOf(
  question: Question,
  at: number,
  given: Readonly<Record<string, unknown>>,
): readonly string[] {
  const listed = [given[`answer${at + 1}`]].flat();
  return choicesOf(question).flatMap(({ const: value, answer }, option) => {
    const isTicked = given[`answer${at + 1}_${option + 1}`] === true;
    return isTicked || listed.includes(value) ? [answer] : [];
  });
}

function ownWords(value: unknown): string {
  return typeof value === 'string' ? headOf(value.trim(), REASON_CHARS_MAX) : '';
}
