/**
 * What a running process goes by: the options that it was started with, and what has been changed of them since. What it
 * may do is changed before its next use of a tool; what only a new process can go by waits for that one.
 */

import type { BaseHookInput, HookCallback, Query } from '@anthropic-ai/claude-agent-sdk';
import { SECRET_LOOK_MS_MAX, UPDATE_MS_MAX } from '../process-limits.ts';
import type { ChangeableOptions, PermissionMode, SessionOptions } from '../session/options.ts';
import { within } from '../timer.ts';
import type { Rules } from './rules.ts';
import type { LaunchHooks } from './run-parts.ts';
import type { TurnWatch } from './turn-watch.ts';

type LiveOptionsParts = {
  readonly rules: Rules;
  readonly query: () => Query;
  readonly turns: TurnWatch;
  readonly notice: (text: string) => void;
  readonly failed: (error: unknown) => void;
};

export class LiveOptions {
  readonly #parts: LiveOptionsParts;
  readonly #started: SessionOptions;
  /** The rules on the command line. */
  readonly #named: string;
  /** A change of the mode or the rules that is under way; until it is done, no tool is used. */
  #changing: Promise<void> | undefined;
  /** Claude Code has not taken a change of what it may do. */
  #isRefused = false;
  #isOutdated = false;

  constructor(parts: LiveOptionsParts) {
    this.#parts = parts;
    this.#started = parts.rules.options;
    this.#named = parts.rules.named().join('\n');
  }

  /** A new process is needed. */
  get isOutdated(): boolean {
    return this.#isOutdated;
  }

  /**
   * Before the first prompt: allows what the rules allow, and resolves with true.
   *
   * @throws if Claude Code does not take them
   */
  async begin(): Promise<true> {
    const { rules, query } = this.#parts;
    if (rules.allowed.length > 0) await query().applyFlagSettings(rules.settings());
    return true;
  }

  /** Resolves when everything is in force that can be, or after {@link UPDATE_MS_MAX}. Never rejects. */
  async update(changes: ChangeableOptions): Promise<void> {
    const { rules, turns } = this.#parts;
    rules.options = { ...rules.options, ...changes };
    if (changes.timeout !== undefined) turns.setTimeout(changes.timeout);
    for (const text of this.#waiting(changes)) this.#outdated(text);
    // A change of the model that is under way would undo one of the effort.
    const model = this.#model(changes).then(() => this.#effort(changes));
    const taking = [this.#permissions(changes), model];
    // A new process has it from its start.
    if (!(await within(Promise.all(taking), UPDATE_MS_MAX))) this.#isOutdated = true;
  }

  readonly hooks: Pick<LaunchHooks, 'beforeTool' | 'apply'> = {
    /** The rules that plan mode must do without are taken away in it, however it was reached. */
    beforeTool: async (call) => {
      if (call.hook_event_name !== 'PreToolUse') return {};
      const isDone = await within(this.#ready(call), SECRET_LOOK_MS_MAX);
      return isDone && !this.#isRefused ? {} : REFUSED;
    },
    apply: (settings) => this.#parts.query().applyFlagSettings(settings),
  };

  async #ready(call: BaseHookInput): Promise<void> {
    // With it come the rules for the mode that is reached then.
    if (this.#changing !== undefined) return this.#changing;
    const { isPlan: wasPlan } = this.#parts.rules;
    // A subagent may have a mode of its own. The plan is the session's all the same.
    const isPlan = call.permission_mode === 'plan' || (wasPlan && call.agent_id !== undefined);
    if (isPlan !== wasPlan) await this.#change(this.#applyRules(isPlan));
  }

  async #permissions(changes: ChangeableOptions): Promise<void> {
    const { permissionMode: mode, allowedTools, disallowedTools } = changes;
    if (mode === undefined && !allowedTools && !disallowedTools) return;
    const { query, rules } = this.#parts;
    const isReached = mode !== undefined && this.#canReach(mode);
    // In this order: both arrive in it.
    const reaching = isReached ? query().setPermissionMode(mode) : undefined;
    const applying = this.#applyRules(isReached ? mode === 'plan' : rules.isPlan);
    await this.#change(Promise.all([reaching, applying]));
  }

  #applyRules(isPlan: boolean): Promise<void> {
    const { rules, query } = this.#parts;
    rules.isPlan = isPlan;
    return query().applyFlagSettings(rules.settings());
  }

  async #change(work: Promise<unknown>): Promise<void> {
    const changing = work.then(
      () => undefined,
      (error: unknown) => {
        this.#isRefused = true;
        this.#isOutdated = true;
        this.#parts.failed(error);
      },
    );
    this.#changing = changing;
    await changing;
    if (this.#changing === changing) this.#changing = undefined;
  }

  async #model({ model }: ChangeableOptions): Promise<void> {
    if (model === undefined) return;
    try {
      await this.#parts.query().setModel(model);
    } catch (error) {
      this.#parts.failed(error);
      this.#outdated(
        'Claude Code did not take the new model, so this turn goes on with the one it had. The next turn uses the new one.',
      );
    }
  }

  async #effort({ effort }: ChangeableOptions): Promise<void> {
    if (effort === undefined) return;
    try {
      await this.#parts.query().applyFlagSettings({ effortLevel: effort });
    } catch (error) {
      this.#parts.failed(error);
      this.#outdated('The new effort counts from the next turn.');
    }
  }

  #outdated(text: string): void {
    const { turns, notice } = this.#parts;
    this.#isOutdated = true;
    if (text !== '' && turns.turn !== undefined) notice(text);
  }

  /** What only a new process can go by, in words; empty for what nobody needs to know. */
  #waiting({ permissionMode: mode, ...others }: ChangeableOptions): readonly string[] {
    const texts: string[] = [];
    if (mode !== undefined && !this.#canReach(mode)) {
      texts.push('Permissions are bypassed from the next turn on: this one was started without.');
    }
    // Whether somebody can be asked is settled at the start.
    if (mode !== undefined && mode !== 'dontAsk' && this.#started.permissionMode === 'dontAsk') {
      texts.push(
        'Claude can ask for permission from the next turn on: this one was started without.',
      );
    }
    if (mode === 'dontAsk' && this.#started.permissionMode !== 'dontAsk') texts.push('');
    if (this.#parts.rules.named().join('\n') !== this.#named) texts.push('');
    if (others.maxBudgetUsd !== undefined)
      texts.push('The new maxBudgetUsd counts from the next turn.');
    if (others.disallowedTools !== undefined) texts.push(this.#stillDenied(others.disallowedTools));
    return texts;
  }

  #stillDenied(disallowed: readonly string[]): string {
    const { disallowedTools = [] } = this.#started;
    return disallowedTools.every((rule) => disallowed.includes(rule))
      ? ''
      : 'What is no longer disallowed can be used from the next turn on.';
  }

  /** Claude Code refuses to bypass permissions unless it was started for that. */
  #canReach(mode: PermissionMode): boolean {
    return mode !== 'bypassPermissions' || this.#started.permissionMode === mode;
  }
}

const REFUSED: Awaited<ReturnType<HookCallback>> = {
  hookSpecificOutput: {
    hookEventName: 'PreToolUse',
    permissionDecision: 'deny',
    permissionDecisionReason:
      'What this session may do was changed, and the change could not be put in force. The next turn has it.',
  },
};
