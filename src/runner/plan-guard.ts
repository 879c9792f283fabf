/**
 * Plan mode if the settings of a repository or a user count. Claude Code applies their rules without asking us, so a
 * rule that allows `touch` would let it write before its plan is approved.
 */

import { dirname, join, resolve } from 'node:path';
import type { HookCallback, HookInput, PreToolUseHookInput } from '@anthropic-ai/claude-agent-sdk';
import { inTime } from '../looks.ts';
import { SECRET_LOOK_MS_MAX } from '../process-limits.ts';
import { denyUse } from './kept-out.ts';
import { PLAN_REFUSAL } from './permissions.ts';
import { IN_PLAN_MODE } from './rules.ts';

/** Tools that Claude Code asks nobody about, because they change nothing but the conversation. */
const SILENT = new Set(
  'TodoWrite TaskCreate TaskGet TaskList TaskUpdate EnterPlanMode StructuredOutput SubagentHandback LSP ListMcpResourcesTool ReadMcpResourceTool ReadMcpResourceDirTool WaitForMcpServers'.split(
    ' ',
  ),
);

const WRITING_ONE_FILE = new Set(['Write', 'Edit']);

type PlanGuardOptions = {
  /** Whether the session is in plan mode, or about to be. */
  readonly isPlan: () => boolean;
  /** Claude Code's configuration directory, by each of its names. Claude writes its plan in a folder there. */
  readonly configurations: readonly string[];
  /** Has Claude Code run the shell commands inside of skills and commands, or leave them out. */
  readonly runShells: (mayRun: boolean) => Promise<void>;
  readonly failed: (error: unknown) => void;
};

/**
 * A hook before each use of a tool, and before each command of a prompt. The shell commands that stand in a command or a
 * skill come past no hook, so while plan mode lasts they are left out of its text.
 */
export function planGuard(options: PlanGuardOptions): HookCallback {
  const { isPlan, configurations, runShells, failed } = options;
  const plans = configurations.map((at) => join(at, 'plans'));
  let mayRun = true;
  const setShells = async (may: boolean): Promise<void> => {
    if (may === mayRun) return;
    await inTime(runShells(may), SECRET_LOOK_MS_MAX);
    mayRun = may;
  };
  return async (call) => {
    // An agent may have a mode of its own, which does not end that of the session.
    const isPlanning = isPlan() || modeIn(call) === 'plan';
    if (isPlanning && call.hook_event_name === 'PreToolUse' && !leavesAsIs(call, plans)) {
      return denyUse(PLAN_REFUSAL);
    }
    if (!mayHoldShells(call)) return {};
    try {
      await setShells(!isPlanning);
      return {};
    } catch (error) {
      failed(error);
      return call.hook_event_name === 'PreToolUse'
        ? denyUse(NOT_SET)
        : { decision: 'block', reason: NOT_SET };
    }
  };
}

const NOT_SET = 'Claude Code did not take the setting for shell commands in skills; try it again.';

function modeIn(call: HookInput): string | undefined {
  return 'permission_mode' in call ? call.permission_mode : undefined;
}

function leavesAsIs({ tool_name, tool_input }: PreToolUseHookInput, plans: readonly string[]) {
  if (IN_PLAN_MODE.has(tool_name) || SILENT.has(tool_name)) return true;
  const { file_path } = (tool_input ?? {}) as { readonly file_path?: unknown };
  if (!WRITING_ONE_FILE.has(tool_name) || typeof file_path !== 'string') return false;
  return plans.includes(dirname(resolve(file_path))) && file_path.endsWith('.md');
}

/** An agent is given the texts of the skills that its definition names. */
const LOADING_SKILLS = new Set(['Skill', 'Agent', 'Task']);

function mayHoldShells(call: HookInput): boolean {
  if (call.hook_event_name === 'UserPromptExpansion') return true;
  return call.hook_event_name === 'PreToolUse' && LOADING_SKILLS.has(call.tool_name);
}
