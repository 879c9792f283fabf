/** The cheap look at a call's arguments, before any schema. */

import { SessionError } from '../errors.ts';
import { TOOL_INPUT_DEPTH_MAX, TOOL_INPUT_ELEMENTS_MAX } from '../limits.ts';

/**
 * Refuses arguments so wide or deep that looking at them would cost more than the call, and the one
 * name that a schema's records would drop without a word.
 */
export function checkShape(args: unknown): void {
  let elements = 0;
  const open: { value: unknown; depth: number }[] = [{ value: args, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next;
    if (value === null || typeof value !== 'object') continue;
    if (Object.hasOwn(value, '__proto__')) {
      throw new SessionError('INVALID_REQUEST', 'arguments may not use the name __proto__');
    }
    const inner = Object.values(value);
    elements += inner.length;
    if (elements > TOOL_INPUT_ELEMENTS_MAX || depth > TOOL_INPUT_DEPTH_MAX) {
      throw new SessionError(
        'INVALID_REQUEST',
        `arguments may hold ${TOOL_INPUT_ELEMENTS_MAX} elements, ${TOOL_INPUT_DEPTH_MAX} levels deep`,
      );
    }
    for (const item of inner) open.push({ value: item, depth: depth + 1 });
  }
}
