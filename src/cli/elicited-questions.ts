/** What an MCP server of a session asks for, as questions at the terminal. */

import { elicitationText } from '../forms/elicitation-form.ts';
import type { Question } from '../forms/question-form.ts';
import { type ElicitedField, elicitedFields, expectedOf } from '../session/elicitation.ts';
import type { PermissionRequest } from '../session/event.ts';
import { oneLine } from '../text.ts';

/** A question, whose text is the key of its answer. */
export type AskedQuestion = Question & {
  /** What is shown in place of the text. */
  readonly shown?: string;
  readonly isOptional?: boolean;
};

/** Undefined if the request is another one, or has no fields. */
export function elicitedQuestions(
  request: PermissionRequest,
): { readonly head: string; readonly questions: readonly AskedQuestion[] } | undefined {
  const fields = elicitedFields(request.toolName, request.input);
  if (fields === undefined) return undefined;
  const head = [elicitationText(request), request.description].filter(Boolean).join('\n');
  return { head, questions: fields.map(questionOf) };
}

function questionOf(field: ElicitedField): AskedQuestion {
  const { name, title, description, choices = [], isRequired } = field;
  const usual = field.default === undefined ? '' : `, usually ${JSON.stringify(field.default)}`;
  const isOptional = !isRequired || field.default !== undefined;
  const expected = `${expectedOf(field)}${usual}${isOptional ? '; may be left empty' : ''}`;
  const about = description === '' ? '' : `: ${oneLine(description)}`;
  const given = field.type === 'boolean' ? YES_NO : choices;
  return {
    question: name,
    header: title,
    shown: `${oneLine(title)}${about} (${expected})`,
    options: given.map(({ value, title: meaning }) => ({
      label: value,
      description: meaning === value ? '' : meaning,
    })),
    multiSelect: field.type === 'array',
    isOptional,
  };
}

const YES_NO = [
  { value: 'true', title: 'yes' },
  { value: 'false', title: 'no' },
];
