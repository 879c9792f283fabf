/** How Claude Code is started: everything explicit, nothing taken from the repository or the user's settings. */

import type { Options } from '@anthropic-ai/claude-agent-sdk';
import type { SessionOptions } from '../session/event.ts';
import { claudeRules } from './permissions.ts';

/** Tools that reach past the session: timers that wake it, other sessions, other worktrees. */
const TOOLS_NEVER = [
  'CronCreate',
  'CronDelete',
  'CronList',
  'ScheduleWakeup',
  'SendMessage',
  'ListAgents',
  'EnterWorktree',
  'ExitWorktree',
  'Workflow',
];

/**
 * The Agent SDK's options for a session, but for its conversation, process and callbacks.
 *
 * @param denyRules what no tool of Claude Code's own may do: with the server's files a session could call it as somebody
 * else
 */
export function claudeOptions(options: SessionOptions, denyRules: readonly string[]): Options {
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
      ...denying(denyRules),
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

/** As settings for a start; for a process that runs they replace all that was said of permissions at its start. */
export function denying(rules: readonly string[]): { permissions: { deny: string[] } } {
  return { permissions: { deny: [...rules] } };
}

function systemPrompt(options: SessionOptions): NonNullable<Options['systemPrompt']> {
  const { customSystemPrompt: custom, appendSystemPrompt: append } = options;
  if (custom !== undefined) return append === undefined ? custom : `${custom}\n\n${append}`;
  return { type: 'preset', preset: 'claude_code', ...(append !== undefined && { append }) };
}
