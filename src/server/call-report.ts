/** The log line and the figures of a call that was answered. */

import { failureOf, SessionError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Caller } from '../service/caller.ts';
import { isSessionId } from '../session/session.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Subject, Tool } from '../tools/tool.ts';
import type { TraceContext } from './trace-context.ts';

export type ReportedCall = {
  readonly tool: Tool;
  readonly args: unknown;
  readonly caller: Caller;
  readonly trace: TraceContext | undefined;
};

/** What the reply is about, or what was thrown. */
export type CallEnd = { readonly about: Subject } | { readonly error: unknown };

type Sinks = { readonly log: Logger; readonly telemetry: Telemetry };

/** Call it when a call begins, and the returned function when it ends. */
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

/** Calls that change something are logged at `info`, those that only look at `debug`, defects at `error`. */
function logCall(call: ReportedCall, end: CallEnd, measured: Measured, log: Logger): void {
  const { tool, caller, trace, args } = call;
  const isDefect = 'error' in end && !(end.error instanceof SessionError);
  const level = isDefect ? 'error' : tool.effect === 'read' ? 'debug' : 'info';
  if (!log.isLevelEnabled(level)) return;
  const line = {
    tool: tool.name,
    ...measured,
    ...caller,
    ...askedFor(args),
    ...('about' in end && end.about),
    ...trace?.span,
    traceState: trace?.traceState,
  };
  if (isDefect) log.error({ ...line, err: end.error }, 'tool failed');
  else log[level](line, 'tool called');
}

/** Only what has the form of our ids: these arguments are not checked yet, and may hold anything. */
function askedFor(args: unknown): Subject {
  if (typeof args !== 'object' || args === null) return {};
  const { sessionId, turnId } = args as { readonly sessionId?: unknown; readonly turnId?: unknown };
  const isSession = typeof sessionId === 'string' && isSessionId(sessionId);
  return {
    sessionId: isSession ? sessionId : undefined,
    turnId: isId(turnId) ? turnId : undefined,
  };
}

const ID = /^[\w-]{1,64}$/;

function isId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value);
}
