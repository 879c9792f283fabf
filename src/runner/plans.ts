/**
 * The plans that Claude presents. If a plan is not in Claude Code's own plan file, the question about it does not contain
 * it, but the message before does.
 */

import type { SDKMessage } from '@anthropic-ai/claude-agent-sdk';
import { PLAN_BYTES_MAX, PLAN_MS_MAX, PLANS_KEPT_MAX } from '../process-limits.ts';
import { readSmallFile } from '../small-file.ts';
import { within } from '../timer.ts';

type Input = Readonly<Record<string, unknown>>;

type Call = {
  readonly heard: Promise<void>;
  readonly resolve: () => void;
  plan?: string;
};

export class Plans {
  readonly #calls = new Map<string, Call>();

  /** Call it with each message. */
  note(message: SDKMessage): void {
    if (message.type !== 'assistant') return;
    for (const block of message.message.content) {
      if (block.type !== 'tool_use' || block.name !== 'ExitPlanMode') continue;
      const call = this.#call(block.id);
      const plan = planIn(block.input);
      if (plan !== undefined) call.plan = plan;
      call.resolve();
    }
  }

  /** The input of a question about a plan, with the plan if there is one. */
  async inputOf(toolUseId: string, input: Input): Promise<Input> {
    if (planIn(input) !== undefined) return input;
    const call = this.#call(toolUseId);
    // The message is on its way before the question is, but not always here.
    await within(call.heard, PLAN_MS_MAX);
    this.#calls.delete(toolUseId);
    return call.plan === undefined ? input : { ...input, plan: call.plan };
  }

  #call(toolUseId: string): Call {
    const known = this.#calls.get(toolUseId);
    if (known !== undefined) return known;
    const { promise: heard, resolve } = Promise.withResolvers<void>();
    const call = { heard, resolve };
    this.#calls.set(toolUseId, call);
    // Calls that Claude Code refuses itself never lead to a question.
    const [oldest] = this.#calls.keys();
    if (this.#calls.size > PLANS_KEPT_MAX && oldest !== undefined) this.#calls.delete(oldest);
    return call;
  }
}

/**
 * The content of the plan file that a question names: empty if it names none, undefined if it cannot be read. Claude
 * Code uses what the file contains when the plan is approved, and Claude's agents may write to it without asking.
 */
export async function planFileOf({ planFilePath }: Input): Promise<string | undefined> {
  if (typeof planFilePath !== 'string') return '';
  return await readSmallFile(planFilePath, PLAN_BYTES_MAX).catch(() => undefined);
}

/** The plan that an input holds, if it says anything. */
export function planIn(input: unknown): string | undefined {
  if (typeof input !== 'object' || input === null || !('plan' in input)) return undefined;
  const { plan } = input;
  return typeof plan === 'string' && plan.trim() !== '' ? plan : undefined;
}
