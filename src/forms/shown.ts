/** What a form shows of a request: everything as it is, or as much as there is room for, and then that it is not all. */

import { FORM_CHARS_MAX } from '../limits.ts';
import type { PermissionRequest } from '../session/event.ts';
import { cutChars, oneLine, visible } from '../text.ts';

/** Texts that share the room of one paragraph. */
type Paragraph = readonly string[];

/** Tools whose input is a command and Claude's own description of it. */
const SHELLS: ReadonlySet<string> = new Set(['Bash', 'PowerShell']);

const NOT_ALL =
  'This is not all of it. If you cancel, you can look at the whole request with list_permission_requests.';

/** What is to be used, and then, told apart from it, what Claude says about it. */
export function useText({ toolName, input, description = '' }: PermissionRequest): string {
  if (!SHELLS.has(toolName) || typeof input.command !== 'string') {
    const isShown = Object.values(input).includes(description);
    return shown(argumentsOf(input), isShown ? [] : saidAbout(description));
  }
  const { command, description: own, ...rest } = input;
  const isText = typeof own === 'string';
  const others = isText ? rest : { ...rest, description: own };
  const said = isText && own !== description ? [own, description] : [description];
  return shown([command], argumentsOf(others), ...said.map(saidAbout));
}

export function planText({ input, description = '' }: PermissionRequest): string {
  const plan = typeof input.plan === 'string' ? input.plan : '';
  return plan.trim() === '' ? shown([description], argumentsOf(input)) : shown([plan]);
}

export function paragraphs(...texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join('\n\n');
}

function saidAbout(description: string): Paragraph {
  return description.trim() === '' ? [] : [`Claude says about it: ${description}`];
}

/** One argument a line; texts as they are, anything else as JSON. */
function argumentsOf(input: Readonly<Record<string, unknown>>): Paragraph {
  return Object.entries(input)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      return `${oneLine(name)}: ${text}`;
    });
}

function shown(...given: readonly Paragraph[]): string {
  const seen = given.map((texts) => texts.map(visible));
  const fitted = seen.map(fit);
  const isAll = fitted.every((text, at) => text === seen[at]?.join('\n'));
  return paragraphs(...fitted, isAll ? '' : NOT_ALL);
}

/** A long text is cut, so that it pushes no other one out. */
function fit(texts: Paragraph): string {
  const charsMax = shareOf(texts.map(({ length }) => length));
  const lines = texts.map((text) => cutChars(text, charsMax));
  // The notes of what was cut are not counted, and there may be very many.
  return cutChars(lines.join('\n'), 2 * FORM_CHARS_MAX);
}

/** The greatest length that all texts may have: what short ones leave is for the long ones. */
function shareOf(lengths: readonly number[]): number {
  let room = FORM_CHARS_MAX;
  let open = lengths.length;
  for (const length of lengths.toSorted((a, b) => a - b)) {
    if (length * open > room) return Math.floor(room / open);
    room -= length;
    open -= 1;
  }
  return FORM_CHARS_MAX;
}
