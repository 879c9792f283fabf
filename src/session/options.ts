/** How a session runs: what a caller may choose when creating it, and what may be changed later. */

export const PERMISSION_MODES = [
  'default',
  'acceptEdits',
  'plan',
  'dontAsk',
  'bypassPermissions',
] as const;

export type PermissionMode = (typeof PERMISSION_MODES)[number];

export const DISCONNECT_POLICIES = ['detach', 'interrupt', 'end'] as const;

export type DisconnectPolicy = (typeof DISCONNECT_POLICIES)[number];

/**
 * How much of a directory's own configuration counts, each level with all of the one before: nothing; the text of its
 * `CLAUDE.md`; its settings, hooks, skills and MCP servers; the user's own configuration too.
 */
export const TRUST_LEVELS = ['none', 'memory', 'project', 'user'] as const;

export type TrustLevel = (typeof TRUST_LEVELS)[number];

export const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'] as const;

type Effort = (typeof EFFORTS)[number];

/** A subagent that Claude may call. Nothing in it widens what the session may do. */
export type AgentDefinition = {
  readonly description: string;
  readonly prompt: string;
  readonly tools?: readonly string[];
  readonly model?: string;
};

/** What an operator says about the sandbox: no session has it, callers choose, or every session has it. */
export const SANDBOX_CHOICES = ['off', 'allow', 'always'] as const;

export type SandboxChoice = (typeof SANDBOX_CHOICES)[number];

/** Everything that a caller may choose when creating a session. */
export type SessionOptions = {
  readonly workingDirectory: string;
  /** The level at creation; it may be lower when a process starts. Earlier versions wrote none, which means `none`. */
  readonly settings?: TrustLevel;
  /** Real paths. */
  readonly additionalDirectories?: readonly string[];
  readonly model?: string;
  readonly fallbackModel?: string;
  readonly effort?: Effort;
  readonly maxTurns?: number;
  readonly maxBudgetUsd?: number;
  /** Milliseconds a turn may take. */
  readonly timeout?: number;
  readonly allowedTools?: readonly string[];
  readonly disallowedTools?: readonly string[];
  readonly permissionMode?: PermissionMode;
  readonly customSystemPrompt?: string;
  readonly appendSystemPrompt?: string;
  readonly onDisconnect?: DisconnectPolicy;
  /** Names of the operator's MCP servers; all of them if absent. */
  readonly mcpServers?: readonly string[];
  readonly agents?: Readonly<Record<string, AgentDefinition>>;
  /** Shell commands run in Claude Code's own sandbox. */
  readonly sandbox?: boolean;
  /** Domains that the sandbox lets through. */
  readonly sandboxDomains?: readonly string[];
};

/** Where the session works: its working directory, then its additional ones. */
export function directoriesOf(options: SessionOptions): readonly string[] {
  return [options.workingDirectory, ...(options.additionalDirectories ?? [])];
}

/** The options that may be changed later. What is absent stays as it is. */
export type ChangeableOptions = Pick<
  SessionOptions,
  | 'model'
  | 'effort'
  | 'permissionMode'
  | 'allowedTools'
  | 'disallowedTools'
  | 'maxBudgetUsd'
  | 'timeout'
  | 'onDisconnect'
>;

/** A permission mode that the caller has chosen since the session was created, and how often one has been. */
export type ChosenMode = { readonly mode: PermissionMode; readonly times: number };

/**
 * What has changed of a session, with the values from now on. The session's record has them under the same names.
 * `permissionMode` is the mode reached; together with `chosenMode`, the caller has chosen it.
 */
export type SessionChanges = ChangeableOptions & {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly chosenMode?: ChosenMode;
};
