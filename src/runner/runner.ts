/**
 * The runner port: what it takes to run one session, said without the Agent SDK. A run is one live
 * Claude Code process; it takes one prompt at a time, tells what happens as events, and is gone with
 * its whole process tree once `close` resolves. Keeping the log, the queue and the lease is the
 * service's work.
 */

import type { TurnOutcome } from '../session/decide.ts';
import type { OutputBody, PermissionMode, SessionOptions } from '../session/event.ts';
import type { Past } from '../session/past.ts';
import type { ProcessIdentity } from '../session/process.ts';
import type { Memory, RememberRule } from '../session/remembered.ts';

export type RunSpec = {
  /** Also Claude Code's own session id; a UUID, checked before it reaches a command line. */
  readonly uuid: string;
  readonly options: SessionOptions;
  /** The UUID of the conversation to branch off, for a forked session in which Claude has not answered yet. */
  readonly forkOf?: string;
  /** Of the conversation that this run goes on with. One that Claude has answered in is never begun anew. */
  readonly past?: Past;
  /** Goes into the environment of the whole process tree, so that leftovers can be found. */
  readonly marker: string;
  /** What was allowed for the rest of the session in its earlier processes. */
  readonly remembered?: readonly RememberRule[];
  /** Gives the start up; what was started by then is gone before `start` rejects. */
  readonly signal?: AbortSignal;
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
    };

/** Called in the order of what happened. None of them may throw. */
export type RunListener = {
  /** Claude said or did something; `turnId` is absent outside of a turn. */
  output(body: OutputBody): void;
  /** Undefined while what was told is written as fast as it comes; otherwise resolves once there is room for more. */
  room(): Promise<void> | undefined;
  /** Claude woke up without a prompt of ours (a background task ended). */
  autonomousTurnStarted(turnId: string): void;
  /** An error that is UNAVAILABLE and not `retryable` says that Claude Code cannot work until a person mends something. */
  turnEnded(turnId: string, outcome: TurnOutcome): void;
  /** How many background tasks (shells, agents) the process runs now; told at each change. */
  backgroundTasks(count: number): void;
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
   * False where a new process would serve better: somebody else has continued the conversation, which this one does
   * not know of, or it is about to be gone.
   */
  isCurrent(): Promise<boolean>;
  /** Hands Claude one prompt; its turn ends with `turnEnded`, always. Not while a turn runs. */
  prompt(turnId: string, text: string): void;
  /** Puts a message into the turn that runs. */
  steer(text: string): void;
  /** Asks the running turn to stop; the process stays. Resolves once the turn has ended. */
  interrupt(): Promise<void>;
  /**
   * The names of the programs that the session has left running beside Claude Code and its helpers.
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
  /** How the UUIDs of the sessions begin that this machine keeps something of outside of the log. */
  kept(): Promise<readonly string[]>;
  /** Deletes what is kept of a session that has ended. */
  discard(uuid: string): Promise<void>;
}
