import type { PermissionRequest } from '../session/event.ts';

/** What of a tool's input says most, the first that is there. */
const TELLING = [
  'command',
  'file_path',
  'notebook_path',
  'path',
  'pattern',
  'url',
  'query',
  'description',
  'prompt',
  'plan',
];

/** A tool's input in a word or line, as it came: for a person who sees which tool it is. */
export function tellingInput(input: unknown): string {
  if (input === null || typeof input !== 'object') return '';
  const fields = new Map<string, unknown>(Object.entries(input));
  const text = TELLING.map((name) => fields.get(name)).find((value) => typeof value === 'string');
  return typeof text === 'string' ? text : JSON.stringify(input);
}

/** What a request is about: what its input says, or else what is said about it. */
export function tellingRequest({ input, description }: PermissionRequest): string {
  const isEmpty = Object.keys(input).length === 0;
  return isEmpty && description !== undefined ? description : tellingInput(input);
}
