/**
 * The runner port: what is needed to run one session, independent of the Agent SDK. A run is one live Claude Code process.
 * It takes one prompt at a time, reports what happens as events, and is gone with its whole process tree when `close`
 * resolves. The service keeps the log, the queue and the lease.
 */

import type { Failure } from '../errors.ts';
import type { BackgroundTask } from '../session/background-task.ts';
import type { TurnOutcome } from '../session/decide.ts';
import type { AttachmentType, OutputBody, OutputSchema } from '../session/event.ts';
import type { ChangeableOptions, PermissionMode, SessionOptions } from '../session/options.ts';
import type { Past } from '../session/past.ts';
import type { ProcessIdentity } from '../session/process.ts';
import type { Memory, RememberRule } from '../session/remembered.ts';

export type RunSpec = {
  /** Also Claude Code's own session id; a UUID, checked before it reaches a command line. */
  readonly uuid: string;
  readonly options: SessionOptions;
  /** Folders above the working directory that are not trusted, if its own settings count: their MCP servers do not. */
  readonly untrustedAbove?: readonly string[];
  /** The session's name, which becomes the title of a new conversation. */
  readonly name?: string;
  /** What the outputs of its prompts must fit. A process has the one that it was started with. */
  readonly outputSchema?: OutputSchema;
  /** The UUID of the conversation to branch off, for a forked session in which Claude has not answered yet. */
  readonly forkOf?: string;
  /** The past of the conversation that this run continues. One that Claude has answered in is never restarted. */
  readonly past?: Past;
  /** Goes into the environment of the whole process tree, so that leftovers can be found. */
  readonly marker: string;
  /** What was allowed for the rest of the session in its earlier processes. */
  readonly remembered?: readonly RememberRule[];
  /** Cancels the start. What was started by then is gone before `start` rejects. */
  readonly signal?: AbortSignal;
};

/** A file that Claude sees with a prompt. */
export type PromptFile = {
  readonly name: string;
  readonly mimeType: AttachmentType;
  readonly bytes: Buffer;
};

export type PermissionAsk = {
  readonly toolUseId: string;
  readonly toolName: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly description?: string;
  /** What an answer for the rest of the session is remembered as; absent if it cannot be. */
  readonly memory?: Memory;
};

export type PermissionReply =
  | {
      readonly decision: 'allow';
      /** Replaces the input that Claude asked with. */
      readonly updatedInput?: Readonly<Record<string, unknown>>;
      /** What else is allowed without asking, for the rest of the session. */
      readonly remembered?: RememberRule;
    }
  | {
      readonly decision: 'deny';
      readonly message: string;
      readonly interrupt?: boolean;
      /** Nobody has denied it, but nobody answers it any more. */
      readonly isUnanswered?: boolean;
    };

/** Called in the order of events. A method that throws is logged, and the run goes on. */
export type RunListener = {
  /** Claude said or did something; `turnId` is absent outside of a turn. */
  output(body: OutputBody): void;
  /**
   * Claude has written a piece of something that is no output yet. Called for every piece.
   *
   * @param soFar tells the end of the text that is being written; empty for anything else (thinking, a tool's input)
   */
  writing(soFar: () => string): void;
  /** Undefined while output is written as fast as it comes. Otherwise resolves when there is room for more. */
  room(): Promise<void> | undefined;
  /** Claude woke up without a prompt of ours (a background task ended). */
  autonomousTurnStarted(turnId: string): void;
  /** An error that is UNAVAILABLE and not `retryable` means that Claude Code cannot work until a person fixes something. */
  turnEnded(turnId: string, outcome: TurnOutcome): void;
  /** All background tasks of the process, whenever they change. A new process has none. */
  backgroundTasks(tasks: readonly BackgroundTask[]): void;
  /** Claude Code went into plan mode or left it, or its mode is another for any other reason. */
  modeReached(mode: PermissionMode): void;
  /**
   * Claude waits until this resolves; `signal` aborts when the question is void. Before that it resolves only with an
   * answer. If there is none, the turn is being stopped.
   */
  permission(ask: PermissionAsk, signal: AbortSignal): Promise<PermissionReply>;
  /** The process is gone, asked for or not. Nothing is called after this. */
  exited(): void;
};

export interface Run {
  readonly process: ProcessIdentity;
  /**
   * False if a new process is needed: somebody else has continued the conversation, which this one does
   * not know of, it is about to be gone, or only a new one can go by the session's options.
   */
  isCurrent(): Promise<boolean>;
  /** Hands Claude one prompt; its turn ends with `turnEnded`, always. Not while a turn runs. */
  prompt(turnId: string, text: string, files?: readonly PromptFile[]): void;
  /** Puts a message into the turn that runs. */
  steer(text: string): void;
  /**
   * Goes by these options from now on: from the next request to the model and the next use of a tool, also in the turn
   * that runs; by an effort from the next turn. What only a new process can go by is said in a notice if a turn runs, and
   * makes {@link isCurrent} false. Resolves when the options are in force, or after some seconds. Never rejects.
   */
  update(changes: ChangeableOptions): Promise<void>;
  /** Asks the running turn to stop; the process stays. Resolves when the turn has ended. */
  interrupt(): Promise<void>;
  /**
   * The names of the programs that the session has left running, without Claude Code and its helpers.
   *
   * @throws if that cannot be seen now
   */
  leftRunning(): Promise<readonly string[]>;
  /**
   * Ends the process and everything it started; resolves when the last of them is gone. A notice names what was left
   * running between turns.
   */
  close(): Promise<void>;
}

export interface Runner {
  /**
   * Starts Claude Code, or resumes the conversation if there is one.
   *
   * @throws SessionError UNAVAILABLE if it cannot be run or the conversation is gone, with a hint for the person who can
   *   mend it
   */
  start(spec: RunSpec, listener: RunListener): Promise<Run>;
  /**
   * Whether the person whose configuration sessions would use has trusted the directory's repository in Claude Code.
   *
   * @param directory a real path
   */
  trusts(directory: string): Promise<boolean>;
  /** Why no session can run in the sandbox here now; undefined if one can. */
  sandboxProblem(): Promise<Failure | undefined>;
  /**
   * Gives the session's conversation another title, whether it runs or not; false if there is none yet, or it could not
   * be done.
   */
  rename(uuid: string, name: string): Promise<boolean>;
  /** How the UUIDs of the sessions begin that this machine keeps something of outside of the log. */
  kept(): Promise<readonly string[]>;
  /** Deletes what is kept of a session that has ended. */
  discard(uuid: string): Promise<void>;
}
