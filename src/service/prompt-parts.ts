/** What a caller gives with the text of a prompt: checked, and files stored, before the prompt is. */

import { SessionError } from '../errors.ts';
import { promptKind } from '../runner/prompt-text.ts';
import type { PromptMode } from '../session/command.ts';
import type { OutputSchema, PromptParts } from '../session/event.ts';
import type { Appended } from '../store/store.ts';
import type { GivenAttachment } from './attachment-source.ts';
import type { Attachments } from './attachments.ts';
import type { SchemaChecks } from './schema-checks.ts';

export type GivenParts = {
  readonly attachments?: readonly GivenAttachment[] | undefined;
  readonly outputSchema?: OutputSchema | undefined;
};

export type NewPromptParts = GivenParts & {
  readonly sessionId: string;
  readonly turnId: string;
  readonly prompt: string;
  readonly mode: PromptMode;
};

export type PromptPartsDeps = {
  readonly attachments: Pick<Attachments, 'keep' | 'drop'>;
  readonly schemas: Pick<SchemaChecks, 'check'>;
};

/**
 * Calls `write` with what is to be stored with the prompt. If the prompt is refused, or its call is a retry, no file is left.
 *
 * @throws SessionError INVALID_REQUEST if a schema or a file cannot be used, or not with this prompt; LIMIT_EXCEEDED; and
 *   what `write` throws
 */
export async function withParts(
  given: NewPromptParts,
  { attachments, schemas }: PromptPartsDeps,
  write: (parts: PromptParts) => Promise<Appended>,
): Promise<Appended> {
  const { outputSchema, attachments: files = [] } = given;
  if (outputSchema === undefined && files.length === 0) return write({});
  checkPrompt(given);
  if (outputSchema !== undefined) await schemas.check(outputSchema);
  if (files.length === 0) return write({ outputSchema });
  const kept = await attachments.keep(given, files);
  // What cannot be removed now is found by a sweep: the prompt is stored or refused all the same.
  const drop = () => attachments.drop(given).catch(() => {});
  try {
    const appended = await write({ outputSchema, attachments: kept });
    if (appended.reply.turnId !== given.turnId) await drop();
    return appended;
  } catch (error) {
    // With any other error the prompt may have been stored. If it was not, a sweep finds the files.
    if (isRefusal(error)) await drop();
    throw error;
  }
}

function checkPrompt({ prompt, mode, outputSchema }: NewPromptParts): void {
  const what = outputSchema === undefined ? 'attachments' : 'outputSchema';
  if (mode === 'steer') {
    throw new SessionError('INVALID_REQUEST', `${what} cannot be given with mode steer`, {
      hint: 'use mode queue or interrupt, so that the prompt has a turn of its own.',
    });
  }
  if (promptKind(prompt) === 'text') return;
  throw new SessionError(
    'INVALID_REQUEST',
    `${what} cannot be given with a command such as /compact`,
    {
      hint: 'send the command first, and then a prompt.',
    },
  );
}

function isRefusal(error: unknown): boolean {
  return error instanceof SessionError && error.code !== 'UNAVAILABLE' && error.code !== 'INTERNAL';
}
