/** A session's log as a person follows it: when, who or what, and in a few lines what it says. */

import { isAbsolute, relative } from 'node:path';
import { TRANSCRIPT_TEXT_BYTES_MAX } from '../limits.ts';
import { isInside } from '../paths.ts';
import type { PermissionRequest, SessionEvent, Turn } from '../session/event.ts';
import { cutBytes, oneLine } from '../text.ts';
import { tellingInput, tellingRequest } from '../views/tool-input.ts';
import { clockOf, dollars, duration, place, timeOf, tokens } from './figures.ts';
import { type Style, styled, type Terminal } from './terminal.ts';
import { linesOf, wrap } from './text.ts';

type Entry = {
  /** One word: who speaks, or what happened. */
  readonly kind: string;
  readonly style?: Style;
  readonly text: string;
  /** So many lines of the text are shown at a terminal; all of them where it is not said. */
  readonly linesMax?: number;
  /** Shown after the text, however much of that is left out. */
  readonly tail?: string | undefined;
};

const GAP = '  ';
const KIND_WIDTH = 'cancelled'.length;
const MARGIN = 'hh:mm:ss'.length + GAP.length + KIND_WIDTH + GAP.length;
const PROMPT_LINES_MAX = 12;
const TOOL_LINES_MAX = 4;
const RESULT_LINES_MAX = 3;
/** A plan is read before it is approved. */
const PLAN_LINES_MAX = 100;

/**
 * At a terminal as many lines as it takes; otherwise one line: time, word and text, between tabs.
 *
 * @param directory where the session works: paths below it are shown as it knows them
 */
export function eventLines(terminal: Terminal, event: SessionEvent, directory: string): string {
  const entry = entryOf(event, directory);
  if (entry === undefined) return '';
  const text = cutBytes(entry.text, TRANSCRIPT_TEXT_BYTES_MAX);
  const tail = entry.tail === undefined ? [] : linesOf(entry.tail);
  if (terminal.columns === undefined) {
    return `${timeOf(event.at)}\t${entry.kind}\t${oneLine([text, ...tail].join('\n'))}\n`;
  }
  const width = terminal.columns - MARGIN;
  const shown = [...shortened(linesOf(text), entry.linesMax), ...tail];
  const lines = shown.flatMap((line) => wrap(line, width));
  const head = [
    styled(terminal, 'dim', clockOf(event.at)),
    styled(terminal, entry.style, entry.kind.padEnd(KIND_WIDTH)),
  ].join(GAP);
  const body = lines.map((line) => (entry.style === 'dim' ? styled(terminal, 'dim', line) : line));
  const margin = ' '.repeat(MARGIN);
  return body.map((line, at) => `${(at === 0 ? head + GAP : margin) + line}\n`).join('');
}

function shortened(lines: readonly string[], linesMax = lines.length): readonly string[] {
  const more = lines.length - linesMax;
  if (more <= 0) return lines;
  return [...lines.slice(0, linesMax), `… ${more} more line${more === 1 ? '' : 's'}`];
}

function entryOf(event: SessionEvent, directory: string): Entry | undefined {
  switch (event.type) {
    case 'prompt_queued':
      return { kind: 'prompt', style: 'bold', text: event.prompt, linesMax: PROMPT_LINES_MAX };
    case 'prompt_cancelled':
      return { kind: 'cancelled', text: event.prompt, linesMax: 1 };
    case 'text':
      return { kind: 'claude', style: 'cyan', text: event.text };
    case 'tool_use': {
      const text = toolText(event.name, tellingInput(event.input), directory);
      return { kind: 'tool', style: 'green', text, linesMax: TOOL_LINES_MAX };
    }
    case 'tool_result': {
      const { isError, text } = event;
      const kind = isError ? 'failed' : 'result';
      return { kind, style: isError ? 'red' : 'dim', text, linesMax: RESULT_LINES_MAX };
    }
    case 'permission_requested':
      return {
        kind: 'asks',
        style: 'yellow',
        text: askText(event.request, directory),
        linesMax: event.request.toolName === 'ExitPlanMode' ? PLAN_LINES_MAX : TOOL_LINES_MAX,
        tail: rememberText(event.request),
      };
    case 'permission_answered':
      return { kind: event.request.state, style: 'yellow', text: answerText(event.request) };
    case 'turn_started':
      // One of ours has been told by its prompt.
      if (event.turn.origin === 'prompt') return undefined;
      return { kind: 'turn', style: 'dim', text: 'begun by Claude itself' };
    case 'turn_ended':
      return turnEntry(event.turn);
    case 'notice':
      return { kind: 'notice', style: 'dim', text: event.text };
    default:
      return sessionEntry(event);
  }
}

/** What happened to the session itself. */
function sessionEntry(event: SessionEvent): Entry | undefined {
  switch (event.type) {
    case 'session_created':
      return { kind: 'created', style: 'dim', text: `in ${place(event.options.workingDirectory)}` };
    case 'session_updated':
      return { kind: 'mode', style: 'dim', text: event.changes.permissionMode };
    case 'session_error': {
      const { message, hint } = event.error;
      return {
        kind: 'error',
        style: 'red',
        text: hint === undefined ? message : `${message}\n${hint}`,
      };
    }
    case 'session_ended':
      return { kind: 'ended', style: 'bold', text: event.reason };
    case 'task_linked':
      return { kind: 'task', style: 'dim', text: `${event.taskId} linked` };
    case 'task_unlinked':
      return { kind: 'task', style: 'dim', text: `${event.taskId} unlinked` };
    default:
      return undefined;
  }
}

function turnEntry({ state, startedAt, endedAt, usage, error }: Turn): Entry {
  const took =
    startedAt === undefined || endedAt === undefined
      ? ''
      : ` after ${duration(Math.max(0, endedAt - startedAt))}`;
  const cost = usage === undefined ? '' : `; tokens ${tokens(usage)}; ${dollars(usage.costUsd)}`;
  const why = error === undefined ? '' : `\n${error.message}`;
  const isBad = state === 'failed' || state === 'lost';
  return { kind: 'turn', style: isBad ? 'red' : 'bold', text: `${state}${took}${cost}${why}` };
}

export function askText(request: PermissionRequest, directory: string): string {
  return toolText(request.toolName, tellingRequest(request), directory);
}

function toolText(name: string, telling: string, directory: string): string {
  if (!isAbsolute(telling)) return `${name} ${telling}`;
  const isBelow = telling !== directory && isInside(telling, directory);
  return `${name} ${isBelow ? relative(directory, telling) : place(telling)}`;
}

/** What an answer "for the session" would allow. */
export function rememberText({ memory }: PermissionRequest): string | undefined {
  return memory && `for the session: ${memory.as}`;
}

function answerText(request: PermissionRequest): string {
  const { toolName, message, remembered, notRemembered } = request;
  return [
    message === undefined ? toolName : `${toolName}: ${message}`,
    ...(remembered ? [`for the session: ${remembered.as}`] : []),
    ...(notRemembered === undefined ? [] : [`once: ${notRemembered}`]),
  ].join('\n');
}
