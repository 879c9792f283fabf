/** The events of a session's log. Times are epoch milliseconds; tools show ISO 8601. */

import type { Failure } from '../errors.ts';
import type { SessionChanges, SessionOptions, TrustLevel } from './options.ts';
import type { Memory } from './remembered.ts';

/** Tokens and dollars of a turn, or the sum over a session's turns. */
export type Usage = {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly costUsd: number;
};

/** Usage of each model, by the model's name in Claude Code. */
export type UsageByModel = Readonly<Record<string, Usage>>;

/** How much of the model's window the conversation takes, both in tokens. */
export type ContextUse = { readonly tokens: number; readonly window: number };

/** The span of the caller's trace (W3C Trace Context) from which a prompt was sent; for the logs. */
export type Trace = {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
};

export const ATTACHMENT_TYPES = [
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'application/pdf',
] as const;

export type AttachmentType = (typeof ATTACHMENT_TYPES)[number];

/** A file that goes to Claude with a prompt. Its bytes are in no event. */
export type Attachment = {
  readonly name: string;
  readonly mimeType: AttachmentType;
  readonly bytes: number;
  /** Of its bytes, in base64url. */
  readonly sha256: string;
};

/** A JSON Schema of an object. */
export type OutputSchema = Readonly<Record<string, unknown>>;

/** What belongs to a prompt besides its text. */
export type PromptParts = {
  readonly attachments?: readonly Attachment[];
  /** What the output of the turn must fit. */
  readonly outputSchema?: OutputSchema;
};

/** A prompt that waits, and the turn that will run it. */
export type QueuedPrompt = PromptParts & {
  readonly turnId: string;
  readonly prompt: string;
  /** Runs before the prompts that are already queued, not after them. */
  readonly next?: boolean;
  readonly trace?: Trace;
};

export const TURN_STATES = [
  'queued',
  'running',
  'completed',
  'failed',
  'interrupted',
  'cancelled',
  'lost',
] as const;

export type TurnState = (typeof TURN_STATES)[number];

/** One prompt with everything up to its result. Its id is also the uuid of the message with the prompt. */
export type Turn = {
  readonly id: string;
  readonly sessionId: string;
  readonly state: TurnState;
  readonly origin: 'prompt' | 'autonomous';
  readonly queuedAt: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** Claude's last text, bounded. */
  readonly result?: string;
  readonly error?: Failure;
  readonly usage?: Usage;
  readonly usageByModel?: UsageByModel;
  /** The conversation at its end, if known. */
  readonly context?: ContextUse;
  /** How often a server has died before the prompt reached Claude. */
  readonly crashes?: number;
  readonly trace?: Trace;
  readonly attachments?: readonly Attachment[];
  /** JSON that fits the schema of the prompt, if it had one. */
  readonly output?: unknown;
};

export const PERMISSION_STATES = ['pending', 'allowed', 'denied', 'expired', 'closed'] as const;

export type PermissionState = (typeof PERMISSION_STATES)[number];

/** The parts of an answer that the asking process needs. */
export type PermissionGrant = {
  /** Replaces the tool's input. */
  readonly updatedInput?: Readonly<Record<string, unknown>>;
  /** Allow the same for the rest of the session. */
  readonly remember?: 'session';
  /** Denied, and the turn must stop. */
  readonly interrupt?: boolean;
};

/** Who answered a request, and by which way. Without a principal, it was a person at the terminal, or nobody in time. */
export type AnsweredBy = {
  readonly principal?: string;
  readonly via: 'tool' | 'form' | 'terminal' | 'timeout';
};

/** Claude wants to use a tool that the session's rules do not allow without asking. */
export type PermissionRequest = {
  readonly requestId: string;
  readonly sessionId: string;
  readonly turnId: string | null;
  readonly toolName: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly description?: string;
  /**
   * What an answer for the rest of the session would be remembered as. Absent if it counts once. (Earlier versions
   * wrote a bare name, `rememberAs`, which nothing reads any more.)
   */
  readonly memory?: Memory;
  readonly state: PermissionState;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly answeredAt?: number;
  /** Absent if it is pending or closed, and in what earlier versions wrote. */
  readonly answeredBy?: AnsweredBy;
  readonly message?: string;
  readonly grant?: PermissionGrant;
  /** What an answer for the rest of the session allows from now on. */
  readonly remembered?: Memory;
  /** Why an answer for the rest of the session was not remembered. */
  readonly notRemembered?: string;
};

/** The session from which a forked session copied its conversation. */
export type ForkOrigin = { readonly sessionId: string };

/** What happened, without the position in the log. */
export type EventBody =
  | {
      readonly type: 'session_created';
      readonly principal: string;
      readonly mcpSessionId: string | null;
      readonly options: SessionOptions;
      readonly name?: string;
      readonly labels: Readonly<Record<string, string>>;
      readonly forkOf?: ForkOrigin;
    }
  | { readonly type: 'session_tied'; readonly mcpSessionId: string | null }
  | { readonly type: 'session_updated'; readonly changes: SessionChanges }
  | { readonly type: 'session_error'; readonly error: Failure }
  | { readonly type: 'session_ended'; readonly reason: string }
  | { readonly type: 'task_linked'; readonly taskId: string }
  | { readonly type: 'task_unlinked'; readonly taskId: string }
  | ({ readonly type: 'prompt_queued' } & QueuedPrompt)
  | { readonly type: 'prompt_cancelled'; readonly turnId: string; readonly prompt: string }
  | { readonly type: 'turn_started'; readonly turnId: string; readonly turn: Turn }
  | { readonly type: 'turn_ended'; readonly turnId: string; readonly turn: Turn }
  | OutputBody
  | {
      readonly type: 'permission_requested';
      readonly turnId?: string;
      readonly request: PermissionRequest;
    }
  | {
      readonly type: 'permission_answered';
      readonly turnId?: string;
      readonly request: PermissionRequest;
    };

/** What Claude Code says and does in a turn. */
export type OutputBody =
  | { readonly type: 'text'; readonly turnId?: string; readonly text: string }
  | {
      readonly type: 'tool_use';
      readonly turnId?: string;
      readonly toolUseId: string;
      readonly name: string;
      readonly input: unknown;
    }
  | {
      readonly type: 'tool_result';
      readonly turnId?: string;
      readonly toolUseId: string;
      readonly isError: boolean;
      readonly text: string;
    }
  | {
      readonly type: 'notice';
      readonly turnId?: string;
      readonly text: string;
      /** The turn goes back to the queue: its prompt had not reached Claude. */
      readonly requeued?: boolean;
      /** How often a server has died before the prompt reached Claude. */
      readonly crashes?: number;
      /** Says what was loaded of the directory's own configuration: the level that the process was started with. */
      readonly settings?: TrustLevel;
    };

/** About how many bytes the output will take in the log. */
export function sizeOfOutput(body: OutputBody): number {
  return body.type === 'tool_use' ? JSON.stringify(body.input ?? null).length : body.text.length;
}

/** An entry of a session's log: `seq` counts 1, 2, 3 … without gaps. */
export type SessionEvent = EventBody & { readonly seq: number; readonly at: number };

export type EventType = SessionEvent['type'];

export type EventOf<T extends EventType> = Extract<SessionEvent, { readonly type: T }>;

/** What to do with an event of each type. A new type does not compile until every table has an entry for it. */
export type EventTable<Result, Context extends readonly unknown[] = []> = {
  readonly [T in EventType]: (event: EventOf<T>, ...context: Context) => Result;
};

/** Calls the table's entry for the event. */
export function handleEvent<Result, Context extends readonly unknown[]>(
  table: EventTable<Result, Context>,
  event: SessionEvent,
  ...context: Context
): Result {
  // The entry is the one for this very type, which the compiler does not follow.
  const handle = table[event.type] as (event: SessionEvent, ...context: Context) => Result;
  return handle(event, ...context);
}

/** Table entries that do nothing, one for each of the types. */
export function ignoring<const T extends EventType>(
  ...types: readonly T[]
): Readonly<Record<T, () => undefined>> {
  const entries = types.map((type) => [type, () => undefined]);
  return Object.fromEntries(entries) as Readonly<Record<T, () => undefined>>;
}
