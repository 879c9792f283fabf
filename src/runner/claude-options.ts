/** How Claude Code is started: everything is explicit but for what the trust level lets count. */

import type { Options, Settings } from '@anthropic-ai/claude-agent-sdk';
import type { SessionOptions } from '../session/options.ts';
import { agentOptions } from './agents.ts';
import { claudeRules } from './permissions.ts';
import { sandboxNote } from './sandbox.ts';
import { hasSettings, sourcesOf } from './trust-level.ts';

/** Tools that reach outside the session, at any level: timers that wake it, other sessions, other worktrees. */
const TOOLS_NEVER =
  'CronCreate CronDelete CronList ScheduleWakeup SendMessage ListAgents EnterWorktree ExitWorktree Workflow';

/** What a process is kept from, found out when it starts. */
type KeptOut = {
  /** What Claude Code's own tools may not do: with the server's files a session could call it as somebody else. */
  readonly deny: readonly string[];
  /** Patterns of the instruction files that Claude Code must not read. */
  readonly excludes: readonly string[];
};

/** The Agent SDK's options for a session, without its conversation, process and callbacks. */
export function claudeOptions(options: SessionOptions, { deny, excludes }: KeptOut): Options {
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
      ...permissionSettings(options, deny),
    },
    // Otherwise nothing comes while Claude writes a long text, and it would look silent.
    includePartialMessages: true,
    permissionMode,
    allowDangerouslySkipPermissions: permissionMode === 'bypassPermissions',
    allowedTools: claudeRules(options),
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

/** In a running process they replace all permission settings of its start. */
export function permissionSettings(
  { additionalDirectories = [] }: SessionOptions,
  deny: readonly string[],
): Settings {
  const directories = [...additionalDirectories];
  return {
    permissions: {
      deny: [...deny],
      // Here and not in the option of that name: by that one Claude Code would also load the skills, commands and agents
      // of these directories, whatever their own trust, and at the level `memory` their CLAUDE.md.
      additionalDirectories: directories,
      // A link that later stands in the place of one leads Claude's file tools nowhere.
      workingDirectoriesAsGiven: directories,
    },
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
