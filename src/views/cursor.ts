/** A list's cursor as text: opaque to callers, checked when it comes back. */

import { z } from 'zod';
import { SessionError } from '../errors.ts';
import type { SessionCursor } from '../store/queries.ts';

const cursorSchema = z.strictObject({
  lastActivity: z.int().min(0),
  id: z.string().min(1).max(100),
  asOf: z.int().min(0).optional(),
});

export function cursorText(cursor: SessionCursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

/** @throws SessionError INVALID_REQUEST if the text is not such a cursor */
export function parseCursor(text: string): SessionCursor {
  try {
    return cursorSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  } catch (cause) {
    throw new SessionError('INVALID_REQUEST', 'cursor: not a cursor of this list', {
      hint: 'pass the nextCursor of the previous page, or omit it for the first page.',
      cause,
    });
  }
}
