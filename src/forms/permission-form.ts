/** A permission request as a form for a person, and what the person chose as an answer. */

import { z } from 'zod';
import { FORM_CHARS_MAX, REASON_CHARS_MAX } from '../limits.ts';
import type { GivenAnswer } from '../service/answers.ts';
import { whyUnanswerable } from '../session/elicitation.ts';
import type { PermissionRequest } from '../session/event.ts';
import type { Memory } from '../session/remembered.ts';
import { SESSION_ID_PREFIX, type Session } from '../session/session.ts';
import { cutChars, headOf, oneLine, wellFormed } from '../text.ts';
import { tildePath } from '../views/figures.ts';
import { elicitationAnswers, elicitationFields, elicitationText } from './elicitation-form.ts';
import type { Form, FormField, FormStyle } from './form.ts';
import { answersIn, questionFields, questionsOf, questionText } from './question-form.ts';
import { paragraphs, planText, useText } from './shown.ts';

/** A form as it came back. */
export type FormReply = {
  readonly action: 'accept' | 'decline' | 'cancel';
  readonly content?: unknown;
};

type Style = { readonly style: FormStyle; readonly who: string };

const NAME_CHARS_MAX = 80;
const PLACE_CHARS_MAX = 300;
const ID_CHARS = SESSION_ID_PREFIX.length + 8;

export function permissionForm(
  request: PermissionRequest,
  session: Session,
  style: FormStyle,
): Form {
  const as = { style, who: whoAsks(session) };
  const questions = questionsOf(request);
  if (questions !== undefined) {
    const properties = questionFields(questions, style);
    const texts = questionText(questions, style);
    const end =
      'If you decline, Claude is told that you do not answer. If you cancel, the questions stay open.';
    return {
      message: paragraphs(`${as.who} asks you:`, texts, end),
      requestedSchema: { type: 'object', properties },
    };
  }
  const elicited = elicitationText(request);
  if (elicited !== undefined) return elicitationForm(as, request, elicited);
  return request.toolName === 'ExitPlanMode' ? planForm(as, request) : toolForm(as, request);
}

/** What to answer; undefined if the form came back without a choice, which leaves the request open. */
export function answerOf(request: PermissionRequest, reply: FormReply): GivenAnswer | undefined {
  switch (reply.action) {
    case 'accept':
      return chosenIn(request, wellFormed(reply.content));
    case 'decline': {
      const { requestId } = request;
      return { requestId, decision: 'deny', grant: {}, message: declined(request) };
    }
    case 'cancel':
      return undefined;
  }
}

function chosenIn(request: PermissionRequest, content: unknown): GivenAnswer | undefined {
  const { requestId } = request;
  const questions = questionsOf(request);
  if (questions !== undefined) {
    const answers = answersIn(questions, content);
    return answers && { requestId, decision: 'allow', grant: {}, answers };
  }
  if (elicitationFields(request, 'rich') !== undefined) {
    return { requestId, decision: 'allow', grant: {}, answers: elicitationAnswers(content) };
  }
  const chosen = choice.safeParse(content);
  if (!chosen.success) return undefined;
  const { decision, remember, message } = chosen.data;
  const isRemembered = decision === 'allow' && remember === 'session';
  const grant = { remember: isRemembered ? remember : undefined };
  return { requestId, decision, grant, message: message || undefined };
}

/** Claude reads it. */
function declined(request: PermissionRequest): string {
  if (questionsOf(request) !== undefined) {
    return 'The person declined the form with these questions: they do not want to answer.';
  }
  if (elicitationText(request) !== undefined) return 'The person declined the form.';
  if (request.toolName === 'ExitPlanMode') {
    return 'The person declined the form with this plan: it is not approved.';
  }
  return 'The person declined the form that asked for this.';
}

const choice = z.object({
  decision: z.enum(['allow', 'deny']),
  remember: z.enum(['once', 'session']).catch('once'),
  message: z
    .string()
    .transform((text) => headOf(text.trim(), REASON_CHARS_MAX))
    .catch(''),
});

/** Names the session by what a person knows it by. */
function whoAsks({ id, name = '', options }: Session): string {
  // The name comes from a caller, and must not look like more than a name.
  const shown = cutChars(oneLine(name).replaceAll('"', "'"), NAME_CHARS_MAX);
  const called = shown === '' ? id.slice(0, ID_CHARS) : `"${shown}"`;
  const place = cutChars(oneLine(tildePath(options.workingDirectory)), PLACE_CHARS_MAX);
  return `Session ${called} in ${place}`;
}

/** Without a line between them: Claude Code shows four lines of a message, or three and how many more there are. */
function headed(head: string, text: string): string {
  return text === '' ? head : `${head}\n${text}`;
}

function decisionField(title: string, description: string): FormField {
  return { type: 'string', title, description, enum: ['allow', 'deny'] };
}

/** Without fields, it asks for consent: to open an address, or to go on. */
function elicitationForm({ who, style }: Style, request: PermissionRequest, text: string): Form {
  const fields = elicitationFields(request, style);
  const end = 'If you decline, the server is told so. If you cancel, the question stays open.';
  const problem = whyUnanswerable(request.toolName, request.input);
  const isDenied = problem !== undefined;
  const about = isDenied ? `It can only be denied: ${problem}.` : (request.description ?? '');
  const asked = decisionField('Decision', end);
  const decision = isDenied ? { ...asked, enum: ['deny'] } : asked;
  const schema = fields ?? { properties: { decision }, required: ['decision'] };
  return {
    message: paragraphs(`${who}: ${text}`, about, end),
    requestedSchema: { type: 'object', ...schema },
  };
}

function toolForm({ who, style }: Style, request: PermissionRequest): Form {
  const name = cutChars(oneLine(request.toolName), NAME_CHARS_MAX);
  const end = 'If you decline, the request is denied. If you cancel, it stays open.';
  return {
    message: headed(`${who} asks to use ${name}:`, useText(request)),
    requestedSchema: {
      type: 'object',
      properties: {
        decision: decisionField('Decision', end),
        ...(request.memory && { remember: rememberField(request.memory, style) }),
        message: { type: 'string', title: 'Message', description: 'Claude reads it.' },
      },
      required: ['decision'],
    },
  };
}

function rememberField({ as }: Memory, style: FormStyle): FormField {
  return {
    type: 'string',
    title: 'Remember',
    description: `session: until the session ends, also allows: ${cutChars(oneLine(as), FORM_CHARS_MAX)}`,
    enum: ['once', 'session'],
    ...(style === 'rich' && { default: 'once' }),
  };
}

function planForm({ who }: Style, request: PermissionRequest): Form {
  const end = 'If you decline, the plan is not approved. If you cancel, the question stays open.';
  return {
    message: headed(`${who} has a plan. May it be carried out?`, planText(request)),
    requestedSchema: {
      type: 'object',
      properties: {
        decision: decisionField('Carry out the plan', end),
        message: { type: 'string', title: 'What to change', description: 'Claude reads it.' },
      },
      required: ['decision'],
    },
  };
}
