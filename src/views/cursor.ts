/** A list's cursor as text: opaque to callers, checked when it comes back. */

import { z } from 'zod';
import { SessionError } from '../errors.ts';
import type { RequestCursor, SessionCursor } from '../store/queries.ts';

const sessionCursor: z.ZodType<SessionCursor> = z.strictObject({
  lastActivity: z.int().min(0),
  id: z.string().min(1).max(100),
  asOf: z.int().min(0).optional(),
});

const requestCursor: z.ZodType<RequestCursor> = z.strictObject({
  createdAt: z.int().min(0),
  id: z.string().min(1).max(100),
});

export function cursorText(cursor: SessionCursor | RequestCursor): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

/** @throws SessionError INVALID_REQUEST if the text is not a cursor of a list of sessions */
export function parseCursor(text: string): SessionCursor {
  return parsed(text, sessionCursor);
}

/** @throws SessionError INVALID_REQUEST if the text is not a cursor of a list of permission requests */
export function parseRequestCursor(text: string): RequestCursor {
  return parsed(text, requestCursor);
}

function parsed<Cursor>(text: string, schema: z.ZodType<Cursor>): Cursor {
  try {
    return schema.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
  } catch (cause) {
    throw new SessionError('INVALID_REQUEST', 'cursor: not a cursor of this list', {
      hint: 'pass the nextCursor of the previous page, or omit it for the first page.',
      cause,
    });
  }
}
