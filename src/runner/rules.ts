/**
 * The permission rules that Claude Code goes by itself. What it is started with stays in force for as long as it lives, so
 * what is allowed is set in the running process: there it can be changed.
 */

import type { Settings } from '@anthropic-ai/claude-agent-sdk';
import type { SessionOptions } from '../session/options.ts';
import { asPattern } from './secret-files.ts';

/**
 * Tools that change nothing on this machine: all that plan mode leaves. What an agent or a skill goes on to do is looked at
 * when it does it. What a tool of an MCP server changes, nobody knows.
 */
const READING_TOOLS: ReadonlySet<string> = new Set(
  'Read Glob Grep WebFetch WebSearch Agent Task Skill ToolSearch TaskStop BashOutput'.split(' '),
);

/** Questions to a person: no rule and no memory answers them. */
export const QUESTIONS: ReadonlySet<string> = new Set(['AskUserQuestion', 'ExitPlanMode']);

/** All that Claude may ask for before its plan is approved. */
export const IN_PLAN_MODE: ReadonlySet<string> = new Set([...READING_TOOLS, ...QUESTIONS]);

/** Tools that Claude Code has only if a rule on its command line names them. */
const NAMED_TOOLS: ReadonlySet<string> = new Set(['Glob', 'Grep']);

type RulesOptions = {
  /** As at the start of the process, with real paths. */
  readonly options: SessionOptions;
  /** What is denied in every session. */
  readonly keptOut: readonly string[];
  readonly secrets: readonly string[];
};

export class Rules {
  /** What denies the server's own files. */
  secrets: readonly string[];
  /** The session's options as they are now. */
  options: SessionOptions;
  /** Without the rules that plan mode must do without. */
  isPlan: boolean;
  readonly #start: RulesOptions;

  constructor(start: RulesOptions) {
    this.options = start.options;
    this.secrets = start.secrets;
    this.isPlan = start.options.permissionMode === 'plan';
    this.#start = start;
  }

  /** For the start: nothing is allowed yet. */
  initialSettings(): Settings {
    return this.#settings([]);
  }

  /** For the running process. They replace the permission settings that were set there before. */
  settings(): Settings {
    return this.#settings(this.allowed);
  }

  get allowed(): readonly string[] {
    return (this.options.allowedTools ?? []).filter((rule) => this.#isApplied(rule));
  }

  #settings(allowed: readonly string[]): Settings {
    const { keptOut, options } = this.#start;
    const { disallowedTools = [] } = this.options;
    // Those of the start are on the command line, so that Claude is not even told of the tools.
    const later = disallowedTools.filter((rule) => !options.disallowedTools?.includes(rule));
    const deny = [...keptOut, ...this.secrets, ...this.#anchored(later)];
    const directories = [...(options.additionalDirectories ?? [])];
    return {
      permissions: {
        allow: this.#anchored(allowed),
        deny,
        // Here and not in the option of that name: by that one Claude Code would also load the skills, commands and agents
        // of these directories, whatever their own trust, and at the level `memory` their CLAUDE.md.
        additionalDirectories: directories,
        // A link that later stands in the place of one leads Claude's file tools nowhere.
        workingDirectoriesAsGiven: directories,
      },
    };
  }

  /** The rules for the command line, which stay for as long as the process lives. */
  named(): string[] {
    return this.allowed.filter((rule) => NAMED_TOOLS.has(toolOf(rule)));
  }

  /**
   * A bare name would keep Claude Code from asking us at all, so `createCanUseTool` answers for those, unless nobody is
   * asked.
   */
  #isApplied(rule: string): boolean {
    if (this.isPlan && !READING_TOOLS.has(toolOf(rule))) return false;
    const { options } = this.#start;
    const asksNobody = [options, this.options].some((it) => it.permissionMode === 'dontAsk');
    return asksNobody || rule.includes('(');
  }

  /**
   * In settings, a path with one slash does not begin at the session's directory, as it does on a command line. In a rule
   * for the shell it is a program's.
   */
  #anchored(rules: readonly string[]): string[] {
    const at = asPattern(this.#start.options.workingDirectory);
    return rules.map((rule) =>
      rule.replace(/^(?!Bash\()(\w+)\(\/(?!\/)/, (_all, tool) => `${tool}(/${at}/`),
    );
  }
}

function toolOf(rule: string): string {
  return rule.split('(')[0] ?? '';
}
