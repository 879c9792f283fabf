/** How failures name what the operator can set if that is not done with flags. */

import { ERROR_CODES, type Failure } from '../errors.ts';

/** The text, with flags in the words of whoever has the settings before them. */
export type Reword = (text: string) => string;

export function rewordedFailure(failure: Failure, reword: Reword): Failure {
  const { message, hint } = failure;
  const worded = { ...failure, message: reword(message) };
  return hint === undefined ? worded : { ...worded, hint: reword(hint) };
}

/** Equal data, but for the failures in it, at any depth. */
export function reworded<T>(data: T, reword: Reword): T;
export function reworded(data: unknown, reword: Reword): unknown {
  if (Array.isArray(data)) return data.map((each) => reworded(each, reword));
  if (typeof data !== 'object' || data === null) return data;
  if (isFailure(data)) return rewordedFailure(data, reword);
  const entries = Object.entries(data);
  return Object.fromEntries(entries.map(([name, each]) => [name, reworded(each, reword)]));
}

function isFailure(data: object): data is Failure {
  const { code, message, retryable } = data as Partial<Record<keyof Failure, unknown>>;
  const isKnown = ERROR_CODES.some((known) => known === code);
  return isKnown && typeof message === 'string' && typeof retryable === 'boolean';
}
