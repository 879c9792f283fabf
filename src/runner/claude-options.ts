/** How Claude Code is started: everything is explicit, nothing comes from the repository or the user's settings. */

import type { Options } from '@anthropic-ai/claude-agent-sdk';
import type { SessionOptions } from '../session/options.ts';
import { claudeRules } from './permissions.ts';

/** Tools that reach outside the session: timers that wake it, other sessions, other worktrees. */
const TOOLS_NEVER =
  'CronCreate CronDelete CronList ScheduleWakeup SendMessage ListAgents EnterWorktree ExitWorktree Workflow';

/**
 * The Agent SDK's options for a session, without its conversation, process and callbacks.
 *
 * @param denyRules what Claude Code's own tools may not do: with the server's files a session could call it as somebody
 *   else
 */
export function claudeOptions(options: SessionOptions, denyRules: readonly string[]): Options {
  const { permissionMode = 'default', additionalDirectories = [] } = options;
  return {
    cwd: options.workingDirectory,
    additionalDirectories: [...additionalDirectories],
    // Without these an untrusted repository runs code at start: hooks, MCP servers, its own permission rules.
    settingSources: [],
    strictMcpConfig: true,
    mcpServersDelivery: 'initialize',
    skills: [],
    settings: {
      // In plan mode Claude Code would let a classifier decide about shell commands instead of asking us.
      disableAutoMode: 'disable',
      permissions: {
        deny: [...denyRules],
        // A link that later stands in the place of one leads Claude's file tools nowhere.
        workingDirectoriesAsGiven: [...additionalDirectories],
      },
    },
    // Otherwise nothing comes while Claude writes a long text, and it would look silent.
    includePartialMessages: true,
    permissionMode,
    allowDangerouslySkipPermissions: permissionMode === 'bypassPermissions',
    allowedTools: claudeRules(options),
    disallowedTools: [...TOOLS_NEVER.split(' '), ...(options.disallowedTools ?? [])],
    systemPrompt: systemPrompt(options),
    model: options.model,
    fallbackModel: options.fallbackModel,
    effort: options.effort,
    maxTurns: options.maxTurns,
    maxBudgetUsd: options.maxBudgetUsd,
  };
}

/** Settings that deny these. In a running process they replace all permission settings of its start. */
export function denying(rules: readonly string[]): { permissions: { deny: string[] } } {
  return { permissions: { deny: [...rules] } };
}

function systemPrompt(options: SessionOptions): NonNullable<Options['systemPrompt']> {
  const { customSystemPrompt: custom, appendSystemPrompt: append } = options;
  if (custom !== undefined) return append === undefined ? custom : `${custom}\n\n${append}`;
  return { type: 'preset', preset: 'claude_code', append };
}
