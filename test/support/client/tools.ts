/** What each tool answers, and the calls that every client of the tests offers, whatever it speaks over. */

import type { z } from 'zod';
import type { ErrorCode, Failure } from '../../../src/errors.ts';
import type { eventView } from '../../../src/views/events.ts';
import type { requestView } from '../../../src/views/request.ts';
import type { rulesView } from '../../../src/views/rules.ts';
import type { sessionView } from '../../../src/views/session.ts';
import type { turnView } from '../../../src/views/turn.ts';

export type SessionView = z.infer<typeof sessionView>;
export type TurnView = z.infer<typeof turnView>;
export type RequestView = z.infer<typeof requestView>;
export type EventView = z.infer<typeof eventView>;

type Made = { session: SessionView; turn?: TurnView };
type Shown = { session: SessionView };
type ShownInFull = Shown & { rules?: z.infer<typeof rulesView> };

/** What each tool answers. */
export type Results = {
  create_session: Made;
  get_session: ShownInFull;
  list_sessions: { sessions: SessionView[]; nextCursor?: string };
  send_prompt: { turn: TurnView; after: number; text?: string };
  read_events: { events: EventView[]; nextAfter: number; hasMore: boolean; session: SessionView };
  wait_sessions: { ready: string[]; sessions: SessionView[] };
  interrupt_session: Made;
  cancel_prompt: { turn: TurnView };
  list_permission_requests: { requests: RequestView[]; nextCursor?: string };
  answer_permission_request: { request: RequestView };
  fork_session: Made;
  update_session: ShownInFull;
  attach_session: Shown;
  link_task: Shown;
  unlink_task: Shown;
  end_session: { session: SessionView; ended: boolean };
  cleanup_sessions: { cleaned: number };
  get_metrics: Record<string, number>;
};

export type ToolName = keyof Results;
export type Args = Record<string, unknown>;

/** The part of a `tools/call` result that the tests read. */
export type ToolAnswer = {
  readonly isError?: boolean;
  readonly content?: unknown;
  readonly structuredContent?: unknown;
};

export type Outcome<T extends ToolName> =
  | { readonly result: Results[T]; readonly failure?: undefined }
  | { readonly result?: undefined; readonly failure: Failure };

/** The error that a tool answered, with all that a client reads of it. */
export class ToolError extends Error {
  readonly code: ErrorCode;
  readonly failure: Failure;

  constructor(tool: string, failure: Failure) {
    super(`${tool} answered ${failure.code}: ${failure.message}`);
    this.code = failure.code;
    this.failure = failure;
  }
}

export abstract class ToolClient<Options = never> {
  /** The answer as it is; rejects if the protocol, and not the tool, refuses the call. */
  abstract raw(tool: string, args?: Args, options?: Options): Promise<ToolAnswer>;

  /** The result; throws a {@link ToolError} if the tool refuses. */
  async call<T extends ToolName>(tool: T, args: Args = {}, options?: Options): Promise<Results[T]> {
    const { result, failure } = await this.ask(tool, args, options);
    if (failure !== undefined) throw new ToolError(tool, failure);
    return result;
  }

  /** Creates a session; its id. */
  async create(args: Args = {}): Promise<string> {
    return (await this.call('create_session', args)).session.id;
  }

  /** A session as it is now. */
  async shown(sessionId: string): Promise<SessionView> {
    return (await this.call('get_session', { sessionId })).session;
  }

  /** The error; throws if the tool does not refuse. */
  async refusal(tool: ToolName, args: Args = {}): Promise<Failure> {
    const { failure } = await this.ask(tool, args);
    if (failure === undefined) throw new Error(`${tool} did not refuse ${JSON.stringify(args)}`);
    return failure;
  }

  /** The result or the error. */
  async ask<T extends ToolName>(tool: T, args: Args = {}, options?: Options): Promise<Outcome<T>> {
    const answer = await this.raw(tool, args, options);
    if (answer.isError) return { failure: failureIn(answer) };
    return { result: answer.structuredContent as Results[T] };
  }
}

export function failureIn({ content }: ToolAnswer): Failure {
  const [{ text }] = content as [{ text: string }];
  return (JSON.parse(text) as { error: Failure }).error;
}
