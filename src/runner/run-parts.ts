/** The parts of a run of Claude Code: how it is launched, whom it reports to, and its limits. */

import type {
  CanUseTool,
  HookCallback,
  OnElicitation,
  Query,
  Settings,
} from '@anthropic-ai/claude-agent-sdk';
import type { Logger } from '../log.ts';
import {
  INTERRUPT_MS_MAX,
  RUN_CLOSE_GRACE_MS,
  RUN_START_MS_MAX,
  STRUCTURED_OUTPUT_MS_MAX,
  TURN_QUIET_MS,
  TURN_SILENCE_MS_MAX,
} from '../process-limits.ts';
import type { Redactor } from '../redaction.ts';
import type { Commands } from './commands.ts';
import type { Finder } from './finder.ts';
import type { LineGateOptions } from './line-gate.ts';
import type { GuardedProcess, KillTree } from './process.ts';
import type { MessageInput } from './prompt-text.ts';
import type { Places } from './protected.ts';
import type { Rules } from './rules.ts';
import type { RunListener, RunSpec } from './runner.ts';
import type { ReadOutput } from './structured-output.ts';

export const RUN_LIMITS = {
  startMs: RUN_START_MS_MAX,
  silenceMs: TURN_SILENCE_MS_MAX,
  quietMs: TURN_QUIET_MS,
  outputMs: STRUCTURED_OUTPUT_MS_MAX,
  interruptMs: INTERRUPT_MS_MAX,
  closeMs: RUN_CLOSE_GRACE_MS,
};

export type RunLimits = Readonly<typeof RUN_LIMITS>;

export type Launched = { readonly query: Query; readonly spawned: GuardedProcess };

/** With null, a setting is as if it had not been given. */
export type ChangedSettings = { readonly [K in keyof Settings]?: Settings[K] | null };

export type LaunchHooks = LineGateOptions & {
  readonly canUseTool: CanUseTool;
  readonly onElicitation: OnElicitation;
  readonly beforeTool: HookCallback;
  /** Changes settings of the running process. */
  readonly apply: (settings: ChangedSettings) => Promise<void>;
};

export type ClaudeRunParts = {
  readonly spec: RunSpec;
  readonly listener: RunListener;
  readonly places: Places;
  /** With the options of the start. */
  readonly rules: Rules;
  readonly resumed: boolean;
  /** The names of the operator's MCP servers that the session has. */
  readonly mcpServers: readonly string[];
  /** Whether nobody else has continued the conversation since the last look, and the process is in its place. */
  readonly isCurrent: (pid: number) => Promise<boolean>;
  /** Whether the process works in the session's directory, and neither that nor its instructions were replaced. */
  readonly isInPlace: (pid: number) => Promise<boolean>;
  /** Rejects if Claude Code has not written the transcript since the last time. */
  readonly checkKept: () => Promise<void>;
  readonly killTree: KillTree;
  readonly finder: Finder;
  /** What the session's prompts may call. */
  readonly commands: Commands;
  readonly launch: (input: MessageInput, hooks: LaunchHooks) => Launched;
  /** Set if the process has a schema for the output of its turns. */
  readonly readOutput: ReadOutput | undefined;
  readonly newId: () => string;
  readonly redactor: Redactor;
  readonly log: Logger;
  readonly limits: RunLimits;
};
