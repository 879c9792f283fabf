/** A permission request as a form for a person, and what the person chose as an answer. */

import { z } from 'zod';
import { FORM_CHARS_MAX, REASON_CHARS_MAX } from '../limits.ts';
import type { GivenAnswer } from '../service/permissions.ts';
import type { PermissionRequest } from '../session/event.ts';
import type { Memory } from '../session/remembered.ts';
import type { Session } from '../session/session.ts';
import { cutChars, headOf, oneLine, visible } from '../text.ts';
import type { Form, FormField } from './form.ts';
import { answersIn, questionFields, questionsOf } from './question-form.ts';

const NAME_CHARS_MAX = 80;

export function formOf(request: PermissionRequest, session: Session): Form {
  const name =
    session.name === undefined ? '' : ` (${cutChars(oneLine(session.name), NAME_CHARS_MAX)})`;
  const who = `Claude Code session ${session.id}${name}`;
  const questions = questionsOf(request);
  if (questions !== undefined) {
    const properties = questionFields(questions);
    return { message: `${who} asks you:`, requestedSchema: { type: 'object', properties } };
  }
  return request.toolName === 'ExitPlanMode' ? planForm(who, request) : toolForm(who, request);
}

/** What to answer; undefined if the form came back without a choice. */
export function answerOf(request: PermissionRequest, content: unknown): GivenAnswer | undefined {
  const { requestId } = request;
  const questions = questionsOf(request);
  if (questions !== undefined) {
    const answers = answersIn(questions, content);
    return answers && { requestId, decision: 'allow', grant: {}, answers };
  }
  const chosen = choice.safeParse(content);
  if (!chosen.success) return undefined;
  const { decision, remember, message } = chosen.data;
  const isRemembered = decision === 'allow' && remember === 'session';
  const grant = { remember: isRemembered ? remember : undefined };
  return { requestId, decision, grant, message: message || undefined };
}

const choice = z.object({
  decision: z.enum(['allow', 'deny']),
  remember: z.enum(['once', 'session']).catch('once'),
  message: z
    .string()
    .transform((text) => headOf(text.trim(), REASON_CHARS_MAX))
    .catch(''),
});

const DECISION = { type: 'string', enum: ['allow', 'deny'] } as const;

function toolForm(who: string, request: PermissionRequest): Form {
  const { toolName, description } = request;
  const why =
    description === undefined ? '' : `\n${cutChars(visible(description), FORM_CHARS_MAX)}`;
  const shown = cutChars(visible(inputText(request.input)), FORM_CHARS_MAX);
  return {
    message: `${who} asks to use ${cutChars(oneLine(toolName), NAME_CHARS_MAX)}:\n${shown}${why}`,
    requestedSchema: {
      type: 'object',
      properties: {
        decision: { ...DECISION, enum: [...DECISION.enum], title: 'Decision' },
        ...(request.memory && { remember: rememberField(request.memory) }),
        message: { type: 'string', title: 'Message', description: 'Claude reads it.' },
      },
      required: ['decision'],
    },
  };
}

function rememberField({ as }: Memory): FormField {
  return {
    type: 'string',
    title: 'Allow',
    description: `session: not asked again in this session: ${cutChars(oneLine(as), FORM_CHARS_MAX)}`,
    enum: ['once', 'session'],
    default: 'once',
  };
}

function planForm(who: string, { input, description = '' }: PermissionRequest): Form {
  const plan = typeof input.plan === 'string' ? input.plan : '';
  const text = plan.trim() === '' ? `${description}\n${inputText(input)}`.trim() : plan;
  return {
    message: `${who} has a plan. May it be carried out?\n${cutChars(visible(text), FORM_CHARS_MAX)}`,
    requestedSchema: {
      type: 'object',
      properties: {
        decision: { ...DECISION, enum: [...DECISION.enum], title: 'Carry the plan out' },
        message: { type: 'string', title: 'What to change', description: 'Claude reads it.' },
      },
      required: ['decision'],
    },
  };
}

/** One argument a line; texts as they are, anything else as JSON. */
function inputText(input: Readonly<Record<string, unknown>>): string {
  return Object.entries(input)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('\n');
}
