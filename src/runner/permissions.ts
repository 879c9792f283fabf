/** What is allowed or denied without asking, and how answers reach Claude Code. */

import type { CanUseTool, PermissionResult } from '@anthropic-ai/claude-agent-sdk';
import type { Redactor } from '../redaction.ts';
import { type Memory, type RememberRule, ruleName } from '../session/remembered.ts';
import { coversTool } from '../session/tool-rule.ts';
import { cutBytes } from '../text.ts';
import { aborted } from '../timer.ts';
import { memoryOf } from './memory.ts';
import { type Plans, planFileOf, planIn } from './plans.ts';
import type { Places } from './protected.ts';
import { IN_PLAN_MODE, QUESTIONS, type Rules } from './rules.ts';
import type { PermissionAsk, PermissionReply, RunListener } from './runner.ts';
import { inputToRun, shownInput } from './shown-input.ts';

const DESCRIPTION_BYTES_MAX = 2048;

type Input = Readonly<Record<string, unknown>>;

export type PermissionPolicy = {
  readonly rules: Pick<Rules, 'options' | 'isPlan'>;
  /** The directories that decide which files may be remembered. */
  readonly places: Places;
  /** Allowed for the session in an earlier process. */
  readonly remembered: readonly RememberRule[];
  readonly plans: Plans;
  /** Looks at what is asked before anybody is shown it; Claude runs what it asked for itself. */
  readonly redactor: Redactor;
  readonly ask: RunListener['permission'];
  /** Asking went wrong, which refuses. */
  readonly failed: (error: unknown) => void;
};

/**
 * Answers Claude Code's questions for permission. In plan mode it refuses what changes something, because Claude Code
 * leaves that to its host. Bare names among the allowed tools, and what was allowed for the session, are allowed
 * without asking. Never rejects: any failure is a denial.
 */
export function createCanUseTool(policy: PermissionPolicy): CanUseTool {
  const remembered = new Set(policy.remembered.map(ruleName));
  return async (toolName, input, details): Promise<PermissionResult> => {
    if (policy.rules.isPlan && !IN_PLAN_MODE.has(toolName)) return deny(PLAN_REFUSAL);
    const { allowedTools = [] } = policy.rules.options;
    const isAllowed = allowedTools.some((rule) => coversTool(rule, toolName));
    const isSettled = isAllowed && !QUESTIONS.has(toolName) && !isAskedAnyway(details);
    if (isSettled) return allow(input);
    const call = { toolName, input, details };
    const memory = await offeredMemory(policy, call);
    if (memory !== undefined && remembered.has(ruleName(memory.rule))) return allow(input);
    const { reply, toRun } = await askAbout(policy, call, memory);
    if (reply.decision === 'deny') return deny(reply.message, reply.interrupt);
    if (reply.remembered !== undefined) remembered.add(ruleName(reply.remembered));
    return allow({ ...toRun });
  };
}

type Details = Parameters<CanUseTool>[2] & {
  /** Why Claude Code asks. The SDK hands it over and does not declare it. */
  readonly decisionReasonType?: string;
};

/**
 * Whether Claude Code would ask even if the tool were among its own allowed ones: about a file that decides what runs
 * later, and if a rule of the settings says that a person is to be asked. Of a shell command with several parts it does
 * not tell.
 */
function isAskedAnyway(details: Details): boolean {
  return details.decisionReasonType === 'safetyCheck' || isAskedByRule(details);
}

function isAskedByRule({ decisionReasonType, matchedAskRule }: Details): boolean {
  return decisionReasonType === 'rule' || matchedAskRule !== undefined;
}

type Call = {
  readonly toolName: string;
  readonly input: Input;
  readonly details: Details;
};

async function offeredMemory(
  { places, redactor }: PermissionPolicy,
  { toolName, input, details }: Call,
): Promise<Memory | undefined> {
  // Set by Claude Code if an answer to one call must not apply to others.
  if (details.suppressAlwaysAllowRule || isAskedByRule(details)) return undefined;
  return memoryOf(toolName, input, places, (text) => redactor.text(text));
}

async function askAbout(
  policy: PermissionPolicy,
  { toolName, input, details }: Call,
  memory: Memory | undefined,
): Promise<{ reply: PermissionReply; toRun: Input }> {
  const { plans, redactor } = policy;
  const isPlan = toolName === 'ExitPlanMode';
  const asked = isPlan ? await plans.inputOf(details.toolUseID, input) : input;
  const shownFile = isPlan ? await planFileOf(asked) : undefined;
  const ask = { ...askOf(redactor, { toolName, input: asked, details }), memory };
  const reply = await replyOf(policy, ask, details.signal);
  if (reply.decision === 'deny') return { reply, toRun: asked };
  const changed = reply.updatedInput;
  // As asked: otherwise a plan file that has appeared meanwhile would replace a plan that is only in the call.
  const toRun = changed === undefined ? asked : inputToRun(redactor, asked, changed);
  const plan = planIn(toRun);
  // An answer that contains another plan replaces the file.
  const isOwnPlan = plan !== undefined && plan !== planIn(asked);
  if (!isPlan || isOwnPlan) return { reply, toRun };
  const isAsShown = shownFile !== undefined && shownFile === (await planFileOf(asked));
  return { reply: isAsShown ? reply : PLAN_CHANGED, toRun };
}

const PLAN_CHANGED: PermissionReply = {
  decision: 'deny',
  message:
    'The plan was approved, but its file has changed since it was shown, or cannot be read. ' +
    'Present the plan again with ExitPlanMode.',
};

export const PLAN_REFUSAL =
  'This session is in plan mode: it may read but change nothing. Present the plan with ExitPlanMode.';

const NO_PLAN =
  'Claude wants to leave plan mode and has shown no plan: there is none in its call, and none in its plan file. ' +
  'Deny this with a message that asks for the plan, unless what Claude said before is enough.';

function askOf(redactor: Redactor, { toolName, input, details }: Call): PermissionAsk {
  const isBlank = toolName === 'ExitPlanMode' && planIn(input) === undefined;
  const description = isBlank ? NO_PLAN : details.description;
  return {
    toolUseId: details.toolUseID,
    toolName: redactor.text(toolName),
    input: shownInput(redactor, input),
    description: description && cutBytes(redactor.text(description), DESCRIPTION_BYTES_MAX),
  };
}

async function replyOf(
  policy: PermissionPolicy,
  ask: PermissionAsk,
  signal: AbortSignal,
): Promise<PermissionReply> {
  try {
    // When the signal aborts, Claude Code no longer waits, even if nobody has answered.
    return await Promise.race([policy.ask(ask, signal), aborted(signal).then(() => STOPPED)]);
  } catch (error) {
    policy.failed(error);
    return { decision: 'deny', message: 'The question could not be put to anyone.' };
  }
}

const STOPPED: PermissionReply = { decision: 'deny', message: 'The turn was stopped.' };

function allow(updatedInput: Record<string, unknown>) {
  return { behavior: 'allow', updatedInput } as const;
}

function deny(message: string, interrupt = false): PermissionResult {
  return { behavior: 'deny', message, interrupt };
}
