/** The arguments that several tools share, each with its bounds and one sentence for the model. */

import { createHash } from 'node:crypto';
import { z } from 'zod';
import {
  KEY_CHARS_MAX,
  PROMPT_BYTES_MAX,
  TASK_ID_CHARS_MAX,
  TOOL_RULE_CHARS_MAX,
  WAIT_MS_MAX,
} from '../limits.ts';
import type { Caller } from '../service/caller.ts';
import { stableJson } from '../session/stable-json.ts';
import type { RequestKey } from '../store/store.ts';
import type { Call } from './tool.ts';

const encoder = new TextEncoder();

/** A string bounded in bytes, as it will be written. */
export function boundedText(bytesMax: number): z.ZodString {
  return z
    .string()
    .max(bytesMax)
    .refine((text) => text.length * 3 <= bytesMax || encoder.encode(text).length <= bytesMax, {
      error: `must be at most ${bytesMax} bytes`,
    });
}

/** A name or another short text that is kept and that things are found by. */
export function word(charsMax: number): z.ZodString {
  return wordOrEmpty(charsMax).min(1);
}

export function wordOrEmpty(charsMax: number): z.ZodString {
  return z
    .string()
    .max(charsMax)
    .refine((text) => !text.includes('\0'), { error: 'must not contain U+0000' });
}

/**
 * One rule, such as `Read` or `Bash(git *)`. Claude Code takes all rules as one list, which it splits at commas and
 * spaces outside of parentheses: what would become several rules there, or swallow the next one, is refused here.
 */
export const toolRule = z
  .string()
  .min(1)
  .max(TOOL_RULE_CHARS_MAX)
  .refine((rule) => RULE.test(rule), {
    error: 'must be one rule: a tool name, or a name with a pattern in parentheses',
  });

/** Claude Code's own notion of parentheses: any `(` opens, the next `)` closes, and they do not nest. */
const RULE = /^[^\s,()]+(\([^)]*\)[^\s,()]*)*$/;

export const sessionId = z
  .string()
  .min(1)
  .max(200)
  .describe('Id of the session, as create_session returned it: "claude_" and a UUID.');

export const taskId = word(TASK_ID_CHARS_MAX).describe(
  'Id of a task in your own world: a ticket, a plan step.',
);

export const prompt = boundedText(PROMPT_BYTES_MAX)
  .refine((text) => text.trim() !== '', { error: 'must not be empty' })
  .describe('What Claude Code is asked to do.');

export const waitMs = z
  .int()
  .min(0)
  .max(WAIT_MS_MAX)
  .describe(
    `Milliseconds to wait at most, up to ${WAIT_MS_MAX}; long waits cost no more than short ones.`,
  );

export const scope = z
  .enum(['mine', 'all'])
  .describe('mine: sessions tied to this MCP session; all (default): all of yours.');

/** The MCP session that a scope narrows to; a caller without one has no sessions of its own there. */
export function mcpSessionOf(
  caller: Caller,
  scope: 'mine' | 'all' | undefined,
): string | undefined {
  return scope === 'mine' ? (caller.mcpSessionId ?? '') : undefined;
}

export const idempotencyKey = word(KEY_CHARS_MAX).describe(
  'A key of your own: the same call repeated with it returns the first result and does nothing again.',
);

/** The key a call is known by, if it has one: the caller's own, Claude Code's for a tool use, or ours for its rounds. */
export function requestKey(
  tool: string,
  args: { readonly idempotencyKey?: string | undefined },
  call: Call,
): RequestKey | undefined {
  const { toolUseId, callId } = call;
  const key =
    args.idempotencyKey ?? (toolUseId && `tool-use:${toolUseId}`) ?? (callId && `call:${callId}`);
  if (!key) return undefined;
  const fingerprint = createHash('sha256').update(stableJson(args)).digest('base64url');
  return { principal: call.caller.principal, tool, key, fingerprint };
}
