/** The arguments that say how a session runs. */

import { z } from 'zod';
import {
  ADDITIONAL_DIRECTORIES_MAX,
  NAME_CHARS_MAX,
  PATH_CHARS_MAX,
  SANDBOX_DOMAINS_MAX,
  SYSTEM_PROMPT_BYTES_MAX,
  TOOL_RULES_BYTES_MAX,
  TOOL_RULES_MAX,
  TURN_TIMEOUT_MS_MIN,
} from '../limits.ts';
import { MCP_SERVERS_MAX } from '../process-limits.ts';
import {
  DISCONNECT_POLICIES,
  EFFORTS,
  PERMISSION_MODES,
  TRUST_LEVELS,
} from '../session/options.ts';
import { boundedText, sandboxDomain, toolRule, word } from './fields.ts';
import { agents } from './maps.ts';

const toolRules = z
  .array(toolRule)
  .max(TOOL_RULES_MAX)
  .refine((rules) => Buffer.byteLength(rules.join(',')) <= TOOL_RULES_BYTES_MAX, {
    error: `must have at most ${TOOL_RULES_BYTES_MAX} bytes together (TOOL_RULES_BYTES_MAX)`,
  });

/** A small number of milliseconds is one of seconds; undefined for what is neither. */
function secondsText(given: unknown): string | undefined {
  if (typeof given !== 'number' || given <= 0) return undefined;
  return `is in milliseconds: ${given} would stop each turn after ${given / 1000} s; for ${given} seconds, pass ${given * 1000}`;
}

/** For create_session, by the names of {@link SessionOptions}. */
export const sessionOptions = {
  workingDirectory: word(PATH_CHARS_MAX)
    .optional()
    .describe(
      "Absolute path, ~/path or file:// URI of an existing directory inside one of the server's roots. Default: the " +
        "client's first root, the directory the server was started in, or its only root.",
    ),
  additionalDirectories: z
    .array(word(PATH_CHARS_MAX))
    .max(ADDITIONAL_DIRECTORIES_MAX)
    .optional()
    .describe('Further directories inside the roots that Claude may work in.'),
  settings: z
    .enum(TRUST_LEVELS)
    .optional()
    .describe(
      "How much of the directory's own configuration counts. none: nothing. memory: CLAUDE.md. project: also settings, " +
        "hooks, skills and MCP servers. user: also the user's own. Default: the most that the operator allows.",
    ),
  model: word(NAME_CHARS_MAX)
    .optional()
    .describe('Model for Claude Code, such as "opus". Default: chosen by Claude Code.'),
  fallbackModel: word(NAME_CHARS_MAX)
    .optional()
    .describe('Model to use while the other one is overloaded.'),
  effort: z
    .enum(EFFORTS)
    .optional()
    .describe('How much Claude thinks. A model without xhigh or max uses the highest it has.'),
  maxTurns: z
    .int()
    .min(1)
    .optional()
    .describe('Maximum number of round trips to the model per prompt.'),
  maxBudgetUsd: z
    .number()
    .positive()
    .optional()
    .describe('Maximum cost of the session, in US dollars.'),
  timeout: z
    .int()
    .min(TURN_TIMEOUT_MS_MIN, { error: ({ input }) => secondsText(input) })
    .optional()
    .describe('Maximum duration of a turn, in milliseconds: 600000 is ten minutes.'),
  allowedTools: toolRules
    .optional()
    .describe('Tools Claude may use without asking, such as "Read" or "Bash(git *)".'),
  disallowedTools: toolRules.optional().describe('Tools Claude may not use.'),
  permissionMode: z
    .enum(PERMISSION_MODES)
    .optional()
    .describe(
      'default: asks before edits and commands. acceptEdits: asks before commands only. plan: writes nothing. ' +
        'dontAsk: denies whatever no rule allows. bypassPermissions: never asks; the operator must have enabled it.',
    ),
  customSystemPrompt: boundedText(SYSTEM_PROMPT_BYTES_MAX)
    .optional()
    .describe("Replaces Claude Code's system prompt."),
  appendSystemPrompt: boundedText(SYSTEM_PROMPT_BYTES_MAX)
    .optional()
    .describe("Appended to Claude Code's system prompt."),
  agents: agents
    .optional()
    .describe('Subagents that Claude may call, with no more rights than the session.'),
  sandbox: z
    .boolean()
    .optional()
    .describe(
      "Shell commands run without asking in Claude Code's sandbox: they write only in the session's directories and " +
        'have no network.',
    ),
  sandboxDomains: z
    .array(sandboxDomain)
    .max(SANDBOX_DOMAINS_MAX)
    .optional()
    .describe('Domains that the sandbox lets through, such as "*.npmjs.org".'),
  mcpServers: z
    .array(word(NAME_CHARS_MAX))
    .max(MCP_SERVERS_MAX)
    .optional()
    .describe('MCP servers of the operator, by name. Default: all; []: none.'),
  onDisconnect: z
    .enum(DISCONNECT_POLICIES)
    .optional()
    .describe(
      'What happens to the session when your MCP session ends. detach (default): it continues. interrupt: its turn ' +
        'is stopped. end: it is ended.',
    ),
};
