/** What the log and the figures are told of a call that has been answered. */

import { failureOf, SessionError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Caller } from '../service/caller.ts';
import { SESSION_ID_PREFIX } from '../session/session.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Tool } from '../tools/tool.ts';
import type { TraceContext } from './trace-context.ts';

export type ReportedCall = {
  readonly tool: Tool;
  readonly args: unknown;
  readonly caller: Caller;
  readonly trace: TraceContext | undefined;
};

/** What the tool answered, or what it threw. */
export type CallEnd = { readonly result: object } | { readonly error: unknown };

type Sinks = { readonly log: Logger; readonly telemetry: Telemetry };

/** To be called at the beginning of a call; what it returns, at its end. */
export function beginReport(call: ReportedCall, sinks: Sinks): (end: CallEnd) => void {
  const began = performance.now();
  return (end) => {
    const durationMs = performance.now() - began;
    const outcome = 'error' in end ? failureOf(end.error).code : 'ok';
    sinks.telemetry.toolCalled({ tool: call.tool.name, outcome, durationMs });
    logCall(call, end, { outcome, durationMs: Math.round(durationMs) }, sinks.log);
  };
}

type Measured = { readonly outcome: string; readonly durationMs: number };

/** Calls that change something are logged at `info`, the many that only look at `debug`, defects at `error`. */
function logCall(call: ReportedCall, end: CallEnd, measured: Measured, log: Logger): void {
  const { tool, caller, trace, args } = call;
  const isDefect = 'error' in end && !(end.error instanceof SessionError);
  const level = isDefect ? 'error' : tool.hints.readOnlyHint ? 'debug' : 'info';
  if (!log.isLevelEnabled(level)) return;
  const line = {
    tool: tool.name,
    ...measured,
    ...caller,
    ...askedFor(args),
    ...('result' in end && idsIn(end.result)),
    ...trace?.span,
    ...(trace?.traceState !== undefined && { traceState: trace.traceState }),
  };
  if (isDefect) log.error({ ...line, err: end.error }, 'tool failed');
  else log[level](line, 'tool called');
}

const ID = /^[\w-]{1,64}$/;

/** Only what looks like an id of ours: arguments may hold anything. */
function askedFor(args: unknown): { sessionId?: string; turnId?: string } {
  if (typeof args !== 'object' || args === null) return {};
  const { sessionId, turnId } = args as { readonly sessionId?: unknown; readonly turnId?: unknown };
  return {
    ...(isId(sessionId) && sessionId.startsWith(SESSION_ID_PREFIX) && { sessionId }),
    ...(isId(turnId) && { turnId }),
  };
}

/** The session and the turn that the answer shows. */
function idsIn({ structuredContent = {} }: CallResult): { sessionId?: string; turnId?: string } {
  const { session, turn, request } = structuredContent;
  const sessionId = session?.id ?? turn?.sessionId ?? request?.sessionId;
  const turnId = turn?.id ?? request?.turnId;
  return { ...(isId(sessionId) && { sessionId }), ...(isId(turnId) && { turnId }) };
}

type CallResult = {
  readonly structuredContent?: {
    readonly session?: { readonly id?: unknown };
    readonly turn?: { readonly id?: unknown; readonly sessionId?: unknown };
    readonly request?: { readonly sessionId?: unknown; readonly turnId?: unknown };
  };
};

function isId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value);
}
