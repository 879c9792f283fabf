/** The commands and skills that the prompts of a session may call: those of the repository and of the user, no others. */

import type { SDKMessage, SlashCommand } from '@anthropic-ai/claude-agent-sdk';
import type { TrustLevel } from '../session/options.ts';
import { hasSettings } from './trust-level.ts';

/** Some of Claude Code's own commands write the operator's settings, so it must say which those are. */
export class Commands {
  readonly #areAllowed: boolean;
  #names: ReadonlySet<string> = new Set();

  constructor(level: TrustLevel) {
    this.#areAllowed = hasSettings(level);
  }

  /** Takes Claude Code's list in place of the last one. A Claude Code that is not the usual one may give none. */
  know(list: readonly SlashCommand[] = []): void {
    const own = new Set(list.filter(({ builtin }) => builtin).map(({ name }) => name));
    // A Claude Code without any of its own does not say which they are.
    const isTold = this.#areAllowed && own.size > 0;
    const others = list.map(({ name }) => name).filter((name) => !own.has(name));
    this.#names = new Set(isTold ? others : []);
  }

  /** Call it with each message: the list may change, for example when the files do. */
  note(message: SDKMessage): void {
    if (message.type === 'system' && message.subtype === 'commands_changed')
      this.know(message.commands);
  }

  readonly has = (name: string): boolean => this.#names.has(name);
}
