/** Labels: key-value pairs by which callers find their sessions. A key has no `=`, so `key=value` always means one pair. */

import { SessionError } from '../errors.ts';

export type Label = { readonly key: string; readonly value: string };

export const LABEL_KEY = /^[^=]+$/;

/** A label in text; its value may contain `=`. */
export const LABEL = /^[^=]+=/;

/** @throws SessionError INVALID_REQUEST if the text does not match {@link LABEL} */
export function parseLabel(text: string): Label {
  if (!LABEL.test(text)) throw new SessionError('INVALID_REQUEST', 'label: must be key=value');
  const equals = text.indexOf('=');
  return { key: text.slice(0, equals), value: text.slice(equals + 1) };
}
