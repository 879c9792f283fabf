/** Arguments shared by several tools, each with its bounds and one sentence for the model. */

import { createHash } from 'node:crypto';
import { z } from 'zod';
import {
  DOMAIN_CHARS_MAX,
  KEY_CHARS_MAX,
  PROMPT_BYTES_MAX,
  TASK_ID_CHARS_MAX,
  TOOL_RULE_CHARS_MAX,
  WAIT_MS_MAX,
} from '../limits.ts';
import type { Caller } from '../service/caller.ts';
import { stableJson } from '../session/stable-json.ts';
import { isToolRule } from '../session/tool-rule.ts';
import type { RequestKey } from '../store/store.ts';
import type { Call } from './tool.ts';

const encoder = new TextEncoder();

/** A string with a maximum size in UTF-8 bytes. */
export function boundedText(bytesMax: number): z.ZodString {
  return z
    .string()
    .max(bytesMax)
    .refine((text) => text.length * 3 <= bytesMax || encoder.encode(text).length <= bytesMax, {
      error: `must be at most ${bytesMax} bytes`,
    });
}

/**
 * A name or other short, non-empty text that is stored and used to find things. If it may be left out, the empty text
 * leaves it out (`decode.ts`).
 */
export function word(charsMax: number): z.ZodString {
  return wordOrEmpty(charsMax).min(1);
}

export function wordOrEmpty(charsMax: number): z.ZodString {
  return z
    .string()
    .max(charsMax)
    .refine((text) => !text.includes('\0'), { error: 'must not contain U+0000' });
}

/** A sentence for Claude or the log. Unlike a {@link word}, an empty one is refused: somebody meant to say something. */
export function sentence(charsMax: number): z.ZodString {
  return z
    .string()
    .max(charsMax)
    .refine((text) => text !== '', { error: 'must not be empty' });
}

/** One rule, such as `Read` or `Bash(git *)`. */
export const toolRule = z.string().min(1).max(TOOL_RULE_CHARS_MAX).refine(isToolRule, {
  error: 'must be one rule: a tool name, or a name with a pattern in parentheses',
});

/** A tool of an agent; a pattern would look as if it allowed something. */
export const agentTool = z
  .string()
  .max(TOOL_RULE_CHARS_MAX)
  .regex(/^[a-z][\w-]*\*?$/i, 'must be the name of a tool, without a pattern');

/** What Claude Code takes, but for ports and IPv6 addresses. */
const DOMAIN = /^(localhost|(\*\.)?[\w-]{1,63}(\.[\w-]{1,63})+)$/i;

/** One entry of what the sandbox lets through. */
export const sandboxDomain = z.string().max(DOMAIN_CHARS_MAX).regex(DOMAIN, {
  error:
    'must be a domain such as "example.com" or "*.example.com", without a scheme, a port or a path',
});

export const sessionId = z
  .string()
  .min(1)
  .max(200)
  .describe('Session id ("claude_" and a UUID) as create_session returned it, or its name.');

export const taskId = word(TASK_ID_CHARS_MAX).describe(
  'Id of a task in your own tracker, such as a ticket or a plan step.',
);

export const prompt = boundedText(PROMPT_BYTES_MAX)
  .refine((text) => text.trim() !== '', { error: 'must not be empty' })
  .describe('What Claude Code should do.');

export const waitMs = z
  .int()
  .min(0)
  .max(WAIT_MS_MAX)
  .describe(
    `Maximum time to wait in milliseconds, up to ${WAIT_MS_MAX}. A long wait costs no more than a short one.`,
  );

export const scope = z
  .enum(['mine', 'all'])
  .describe('mine: sessions tied to this MCP session. all (default): all your sessions.');

/** The MCP session to filter by; the empty string, which matches no session, if the caller has no MCP session. */
export function mcpSessionOf(caller: Caller, scope?: 'mine' | 'all'): string | undefined {
  return scope === 'mine' ? (caller.mcpSessionId ?? '') : undefined;
}

export const idempotencyKey = word(KEY_CHARS_MAX).describe(
  'A key of your choice. Repeating a call with the same key returns the first result and does nothing again.',
);

/**
 * The key that identifies a repeated call: the caller's own, Claude Code's id of the tool use, or ours for a call in
 * several rounds. Undefined if the call has none of them.
 */
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
