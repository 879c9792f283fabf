/** What an event tells a person: one table for the terminal, the transcript and the progress of a waiting call. */

import { isAbsolute, relative } from 'node:path';
import { ACTIVITY_CHARS_MAX } from '../limits.ts';
import { isInside } from '../paths.ts';
import { elicitationIn, elicitedFields } from '../session/elicitation.ts';
import {
  type Attachment,
  type EventTable,
  handleEvent,
  ignoring,
  type PermissionRequest,
  type SessionEvent,
  type Turn,
} from '../session/event.ts';
import type { SessionChanges } from '../session/options.ts';
import { byWhom } from '../session/permission.ts';
import { type Question, questionsIn } from '../session/questions.ts';
import type { Memory } from '../session/remembered.ts';
import { cutChars, oneLine } from '../text.ts';
import { count, duration, tildePath, usageText } from './figures.ts';
import type { Style } from './screen.ts';

/** The text of a note was usually written by others. */
export type TellingNote = { readonly name: string; readonly text: string };

export type Telling = {
  /** One word for a narrow column: who speaks, or what happened. */
  readonly word: string;
  /** The same in a few words, if one is not enough. */
  readonly title?: string;
  readonly style?: Style;
  /** In our own words. */
  readonly says?: string;
  /** Usually written by others: people, Claude, tools. */
  readonly text?: string;
  /** Maximum number of lines of the text at a terminal. */
  readonly linesMax?: number;
  /** A transcript shows the text in full; as Markdown, if its author has written that. */
  readonly isWhole?: boolean | 'markdown';
  /** Shown even if the text is cut. */
  readonly notes?: readonly TellingNote[];
  /** The request or turn that this is about, for a transcript. */
  readonly about?: TellingNote;
  /** Whether this is what Claude is doing now. */
  readonly isActivity?: boolean;
};

const PROMPT_LINES_MAX = 12;
const TOOL_LINES_MAX = 4;
const RESULT_LINES_MAX = 3;
const OUTPUT_LINES_MAX = 40;
/** A plan is read before it is approved. */
const PLAN_LINES_MAX = 100;

const TELLINGS: EventTable<Telling | undefined, [directory: string]> = {
  session_created: ({ options }) => ({
    word: 'created',
    style: 'dim',
    says: 'in',
    text: tildePath(options.workingDirectory),
  }),
  session_updated: ({ changes }) => tellChanges(changes),
  session_error: ({ error: { code, message, hint } }) => ({
    word: 'error',
    title: 'Session error',
    style: 'red',
    says: `${code}:`,
    text: message,
    notes: hint === undefined ? [] : [{ name: 'hint', text: hint }],
  }),
  session_ended: ({ reason }) => ({
    word: 'ended',
    title: 'Session ended',
    style: 'bold',
    text: reason,
  }),
  task_linked: ({ taskId }) => ({ word: 'task', style: 'dim', says: 'linked', text: taskId }),
  task_unlinked: ({ taskId }) => ({ word: 'task', style: 'dim', says: 'unlinked', text: taskId }),
  prompt_queued: ({ turnId, prompt, attachments = [] }) => ({
    word: 'prompt',
    title: 'Prompt queued',
    style: 'bold',
    text: prompt,
    linesMax: PROMPT_LINES_MAX,
    isWhole: true,
    notes: attachments.map(attachedNote),
    about: { name: 'turn', text: turnId },
  }),
  prompt_cancelled: ({ turnId, prompt }) => ({
    word: 'cancelled',
    title: 'Prompt cancelled',
    text: prompt,
    linesMax: 1,
    about: { name: 'turn', text: turnId },
  }),
  turn_started: ({ turn }) => ({
    word: 'turn',
    style: 'dim',
    says: turn.origin === 'prompt' ? 'started' : 'started by Claude Code itself',
    isActivity: true,
  }),
  turn_ended: ({ turn }) => ({
    word: 'turn',
    style: turn.state === 'failed' || turn.state === 'lost' ? 'red' : 'bold',
    says: turnEnd(turn),
    ...(turn.output !== undefined && tellOutput(turn.output)),
    notes: turn.error === undefined ? [] : [{ name: turn.error.code, text: turn.error.message }],
    isActivity: true,
  }),
  text: ({ text }) => ({
    word: 'claude',
    style: 'cyan',
    text,
    isWhole: 'markdown',
    isActivity: true,
  }),
  tool_use: ({ name, input }, directory) => ({
    word: 'tool',
    style: 'green',
    text: toolUse(name, askedText(name, input) || mainInput(input), directory),
    linesMax: TOOL_LINES_MAX,
    isActivity: true,
  }),
  tool_result: ({ isError, text }) => ({
    ...(isError
      ? { word: 'failed', title: 'Tool failed', style: 'red', isActivity: true }
      : { word: 'result', style: 'dim' }),
    text,
    linesMax: RESULT_LINES_MAX,
  }),
  notice: ({ text }) => ({ word: 'notice', style: 'dim', text, isActivity: true }),
  permission_requested: ({ request }, directory) => ({
    word: 'asks',
    title: 'Permission asked',
    style: 'yellow',
    ...tellRequest(request, directory),
    about: { name: 'request', text: request.requestId },
    isActivity: true,
  }),
  permission_answered: ({ request }) => ({
    word: request.state,
    title: `Permission ${request.state}`,
    style: 'yellow',
    ...tellAnswer(request),
    about: { name: 'request', text: request.requestId },
    isActivity: true,
  }),
  ...ignoring('session_tied'),
};

/**
 * What there is to tell about the event, if anything.
 *
 * @param directory the session's: paths below it are shown relative to it
 */
export function tellingOf(event: SessionEvent, directory: string): Telling | undefined {
  return handleEvent(TELLINGS, event, directory);
}

export function titleOf({ word, title }: Telling): string {
  return title ?? word.charAt(0).toUpperCase() + word.slice(1);
}

/** All that is told without the notes, as the terminal shows it. */
export function bodyText({ says, text }: Pick<Telling, 'says' | 'text'>): string {
  return [says, text].filter((part) => part !== undefined).join(' ');
}

export function noteText({ name, text }: TellingNote): string {
  return `${name}: ${text}`;
}

/** One short line for the progress of a waiting call; undefined if the event is not something that Claude does. */
export function activityOf(event: SessionEvent, directory: string): string | undefined {
  const telling = tellingOf(event, directory);
  if (!telling?.isActivity) return undefined;
  const line = oneLine(`${titleOf(telling)}: ${bodyText(telling)}`);
  return cutChars(line, ACTIVITY_CHARS_MAX);
}

/** What Claude Code reaches by itself is a mode, and nothing else. */
function tellChanges({ chosenMode: _ours, ...changes }: SessionChanges): Telling {
  const { permissionMode, ...others } = changes;
  if (Object.keys(others).length === 0) {
    return { word: 'mode', title: 'Permission mode', style: 'dim', says: permissionMode };
  }
  const text = Object.entries(changes).map(([name, value]) => {
    return `${name}: ${typeof value === 'object' ? JSON.stringify(value) : value}`;
  });
  return { word: 'changed', title: 'Session changed', style: 'dim', text: text.join(', ') };
}

/** What a permission request asks for, and what an answer for the session would allow. */
export function tellRequest(request: PermissionRequest, directory: string) {
  const { toolName, input, description, memory } = request;
  const isEmpty = Object.keys(input).length === 0;
  const text = isEmpty && description !== undefined ? description : mainInput(input);
  const notes = forTheSession(memory);
  if (toolName === 'ExitPlanMode') {
    return { says: toolName, text, linesMax: PLAN_LINES_MAX, isWhole: true, notes };
  }
  const questions = askedText(toolName, input);
  if (questions !== '') return { text: questions, linesMax: PLAN_LINES_MAX, notes };
  return { text: toolUse(toolName, text, directory), linesMax: TOOL_LINES_MAX, notes };
}

/** What Claude, or an MCP server, asks the person; empty if Claude wants to use a tool. */
function askedText(toolName: string, input: unknown): string {
  const elicited = elicitationIn(toolName, input);
  if (elicited !== undefined) {
    const names = elicitedFields(toolName, input)?.map(({ name }) => name);
    const { server, message, url = '' } = elicited;
    return `${server}: ${message} ${names === undefined ? url : `(${names.join(', ')})`}`.trim();
  }
  if (toolName !== 'AskUserQuestion') return '';
  return questionsIn(input).map(questionText).join('\n');
}

function questionText({ text, labels }: Question): string {
  return labels.length === 0 ? text : `${text} (${labels.join(', ')})`;
}

function tellAnswer(request: PermissionRequest) {
  const { toolName, message, remembered, notRemembered } = request;
  const once = notRemembered === undefined ? [] : [{ name: 'once', text: notRemembered }];
  const by = byWhom(request);
  const answered = by === '' ? toolName : `${toolName} ${by}`;
  return {
    text: message === undefined ? answered : `${answered}: ${message}`,
    notes: [...forTheSession(remembered), ...once],
  };
}

function forTheSession(memory: Memory | undefined): readonly TellingNote[] {
  return memory === undefined ? [] : [{ name: 'for the session', text: memory.as }];
}

export function attachedNote({ name, mimeType, bytes }: Attachment): TellingNote {
  return {
    name: 'attached',
    text: `${oneLine(name)} (${mimeType}, ${count(Math.ceil(bytes / 1024))} KiB)`,
  };
}

function tellOutput(output: unknown) {
  return { text: JSON.stringify(output, null, 2), linesMax: OUTPUT_LINES_MAX, isWhole: true };
}

function turnEnd({ state, startedAt, endedAt, usage }: Turn): string {
  const took =
    startedAt === undefined || endedAt === undefined
      ? ''
      : ` after ${duration(Math.max(0, endedAt - startedAt))}`;
  return `${state}${took}${usage === undefined ? '' : `; ${usageText(usage)}`}`;
}

function toolUse(name: string, input: string, directory: string): string {
  if (input === '') return name;
  if (!isAbsolute(input)) return `${name} ${input}`;
  const isBelow = input !== directory && isInside(input, directory);
  return `${name} ${isBelow ? relative(directory, input) : tildePath(input)}`;
}

/** The fields of a tool's input that say most, the most telling first. */
const MAIN_FIELDS =
  'command file_path notebook_path path pattern url query description prompt plan'.split(' ');

/** The part of a tool's input that says most, or all of it as JSON. */
function mainInput(input: unknown): string {
  if (input === null || typeof input !== 'object') return '';
  const fields = new Map<string, unknown>(Object.entries(input));
  if (fields.size === 0) return '';
  const main = fields.get(mainField(input) ?? '');
  return typeof main === 'string' ? main : JSON.stringify(input);
}

function mainField(input: object): string | undefined {
  const fields = new Map<string, unknown>(Object.entries(input));
  return MAIN_FIELDS.find((name) => typeof fields.get(name) === 'string');
}

/** What {@link tellRequest} leaves out of the input: a request is read as a whole before it is answered. */
export function otherInput({ input }: PermissionRequest): readonly TellingNote[] {
  const main = mainField(input);
  if (main === undefined) return [];
  return Object.entries(input)
    .filter(([name]) => name !== main)
    .map(([name, value]) => ({
      name,
      text: typeof value === 'string' ? value : JSON.stringify(value),
    }));
}
