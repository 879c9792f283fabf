/** The arguments for what goes to Claude with the text of a prompt. */

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { SessionError } from '../errors.ts';
import {
  ATTACHMENTS_MAX,
  NAME_CHARS_MAX,
  OUTPUT_SCHEMA_BYTES_MAX,
  PATH_CHARS_MAX,
} from '../limits.ts';
import type { GivenAttachment } from '../service/attachment-source.ts';
import { ATTACHMENT_TYPES } from '../session/event.ts';
import { word } from './fields.ts';

const attachment = z
  .strictObject({
    path: word(PATH_CHARS_MAX).optional().describe('A file inside the roots.'),
    data: z.string().optional().describe('Or its bytes in base64.'),
    mimeType: z.enum(ATTACHMENT_TYPES).optional().describe('Required with data.'),
    name: word(NAME_CHARS_MAX).optional(),
  })
  .refine(({ path, data }) => (path === undefined) !== (data === undefined), {
    error: 'must have either path or data',
  })
  .refine(({ data, mimeType }) => data === undefined || mimeType !== undefined, {
    error: 'must have a mimeType beside data',
  })
  // One of both was checked.
  .transform((given) => given as GivenAttachment);

/** For create_session and send_prompt. */
export const promptParts = {
  attachments: z
    .array(attachment)
    .max(ATTACHMENTS_MAX)
    .optional()
    .describe('Images (png, jpeg, gif, webp) and PDFs for Claude to see, up to 5 MiB each.'),
  outputSchema: z
    .record(z.string(), z.unknown())
    // Which draft it says it is of makes no difference, and Claude Code refuses all but one.
    .transform(({ $schema: _draft, ...schema }) => schema)
    .refine((schema) => Buffer.byteLength(JSON.stringify(schema)) <= OUTPUT_SCHEMA_BYTES_MAX, {
      error: `must be at most ${OUTPUT_SCHEMA_BYTES_MAX} bytes`,
    })
    .optional()
    .meta({ shownAs: { type: 'string' } })
    .describe(
      'JSON Schema of an object, as JSON. The turn ends with JSON that fits it in its "output", or fails.',
    ),
};

type Parts = { readonly [Name in keyof typeof promptParts]?: z.infer<(typeof promptParts)[Name]> };

/** The arguments for the key of a call: with digests of the bytes, of which no second copy is made. */
export function digested<Args extends Parts>(args: Args): Args {
  const attachments = args.attachments?.map((one) =>
    'data' in one && one.data !== undefined ? { ...one, data: digestOf(one.data) } : one,
  );
  return { ...args, attachments };
}

/** @throws SessionError INVALID_REQUEST if there is something to go with a prompt, but no prompt */
export function checkHasPrompt(
  tool: string,
  args: Parts & { readonly prompt?: string | undefined },
): void {
  const given = args.attachments === undefined ? 'outputSchema' : 'attachments';
  if (args.prompt !== undefined || args[given] === undefined) return;
  throw new SessionError('INVALID_REQUEST', `${tool}: ${given} can only be given with a prompt`, {
    hint: 'pass a prompt too, or create the session without this and pass it to send_prompt.',
  });
}

function digestOf(data: string): string {
  return createHash('sha256').update(data).digest('base64url');
}
