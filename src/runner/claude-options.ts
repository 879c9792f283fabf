/** How Claude Code is started: everything explicit, nothing taken from the repository or the user's settings. */

import type { Options } from '@anthropic-ai/claude-agent-sdk';
import type { SessionOptions } from '../session/event.ts';
import { claudeRules } from './permissions.ts';

/** Tools that reach past the session: timers that wake it, other sessions, other worktrees. */
const TOOLS_NEVER = [
  'CronCreate',
  'ScheduleWakeup',
  'SendMessage',
  'ListAgents',
  'EnterWorktree',
  'Workflow',
];

/**
 * The Agent SDK's options for a session, but for its conversation, process and callbacks.
 *
 * @param secretFiles absolute paths, `*` for anything in a name: no tool of Claude Code's own reads or writes them
 */
export function claudeOptions(options: SessionOptions, secretFiles: readonly string[]): Options {
  const permissionMode = options.permissionMode ?? 'default';
  return {
    cwd: options.workingDirectory,
    // Without these an untrusted repository runs code at start: hooks, MCP servers, its own permission rules.
    settingSources: [],
    strictMcpConfig: true,
    mcpServersDelivery: 'initialize',
    skills: [],
    settings: {
      // In plan mode Claude Code would let a classifier decide about shell commands instead of asking us.
      disableAutoMode: 'disable',
      // With what stands there a session could call this server as somebody else.
      permissions: { deny: secretFiles.flatMap((path) => [`Read(/${path})`, `Edit(/${path})`]) },
    },
    permissionMode,
    ...(permissionMode === 'bypassPermissions' && { allowDangerouslySkipPermissions: true }),
    allowedTools: claudeRules(options),
    disallowedTools: [...TOOLS_NEVER, ...(options.disallowedTools ?? [])],
    systemPrompt: systemPrompt(options),
    ...(options.model !== undefined && { model: options.model }),
    ...(options.maxTurns !== undefined && { maxTurns: options.maxTurns }),
    ...(options.maxBudgetUsd !== undefined && { maxBudgetUsd: options.maxBudgetUsd }),
  };
}

function systemPrompt(options: SessionOptions): NonNullable<Options['systemPrompt']> {
  const { customSystemPrompt: custom, appendSystemPrompt: append } = options;
  if (custom !== undefined) return append === undefined ? custom : `${custom}\n\n${append}`;
  return { type: 'preset', preset: 'claude_code', ...(append !== undefined && { append }) };
}
