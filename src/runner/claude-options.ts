/** How Claude Code is started: everything is explicit but for what the trust level lets count. */

import type { Options } from '@anthropic-ai/claude-agent-sdk';
import type { SessionOptions } from '../session/options.ts';
import { agentOptions } from './agents.ts';
import type { Rules } from './rules.ts';
import { sandboxNote } from './sandbox.ts';
import { hasSettings, sourcesOf } from './trust-level.ts';

/** Tools that reach outside the session, at any level: timers that wake it, other sessions, other worktrees. */
const TOOLS_NEVER =
  'CronCreate CronDelete CronList ScheduleWakeup SendMessage ListAgents EnterWorktree ExitWorktree Workflow';

type LeftOut = { readonly excludes: readonly string[]; readonly servers: readonly string[] };

/**
 * The Agent SDK's options for a session, without its conversation, process and callbacks.
 *
 * @param excludes patterns of the instruction files that Claude Code must not read
 * @param servers names in files `.mcp.json` that Claude Code must not start
 */
export function claudeOptions(
  options: SessionOptions,
  rules: Rules,
  { excludes, servers }: LeftOut,
): Options {
  // Always given: at the levels with settings, those of the repository might choose another one.
  const { permissionMode = 'default', settings = 'none' } = options;
  return {
    cwd: options.workingDirectory,
    ...sourcesOf(settings, options.workingDirectory),
    mcpServersDelivery: 'initialize',
    settings: {
      // In plan mode Claude Code would let a classifier decide about shell commands instead of asking us.
      disableAutoMode: 'disable',
      // Elsewhere, the guard of plan mode would not know the plan's file from another one.
      ...(hasSettings(settings) && { plansDirectory: '' }),
      ...(excludes.length > 0 && { claudeMdExcludes: [...excludes] }),
      ...(servers.length > 0 && { disabledMcpjsonServers: [...servers] }),
      ...rules.initialSettings(),
    },
    // Otherwise nothing comes while Claude writes a long text, and it would look silent.
    includePartialMessages: true,
    permissionMode,
    allowDangerouslySkipPermissions: permissionMode === 'bypassPermissions',
    allowedTools: rules.named(),
    disallowedTools: [...TOOLS_NEVER.split(' '), ...(options.disallowedTools ?? [])],
    systemPrompt: systemPrompt(options),
    // Absent if the caller gave none: at the levels with settings, those may choose one.
    model: options.model,
    fallbackModel: options.fallbackModel,
    effort: options.effort,
    maxTurns: options.maxTurns,
    maxBudgetUsd: options.maxBudgetUsd,
    ...agentOptions(options),
  };
}

function systemPrompt(options: SessionOptions): NonNullable<Options['systemPrompt']> {
  const { customSystemPrompt: custom } = options;
  const append = appended(options);
  if (custom !== undefined) return append === undefined ? custom : `${custom}\n\n${append}`;
  return { type: 'preset', preset: 'claude_code', append };
}

function appended(options: SessionOptions): string | undefined {
  const texts = [options.appendSystemPrompt, sandboxNote(options)];
  return texts.filter((text) => text !== undefined).join('\n\n') || undefined;
}
