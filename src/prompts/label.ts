import { SessionError } from '../errors.ts';

/**
 * A label as `key=value`.
 *
 * @throws SessionError INVALID_REQUEST for a text without a key or without `=`
 */
export function parseLabel(text: string): { readonly key: string; readonly value: string } {
  const equals = text.indexOf('=');
  if (equals < 1) throw new SessionError('INVALID_REQUEST', 'label: must be key=value');
  return { key: text.slice(0, equals), value: text.slice(equals + 1) };
}
