/** The log's lines about sessions and prompts, made of what was written. `docs/observability.md` has their fields. */

import type { Logger } from '../log.ts';
import type { SessionEvent, Trace, Turn } from '../session/event.ts';
import type { Change, Commit } from '../store/store.ts';

type Fields = Readonly<Record<string, unknown>>;
type Line = { readonly level: 'info' | 'warn'; readonly fields: Fields; readonly text: string };

/** A listener for {@link Store.observe} that logs; `turnId` is what follows a prompt through the lines. */
export function createJournal(log: Logger): (commit: Commit) => void {
  return ({ changes }) => {
    for (const { session, events } of changes) {
      for (const event of events) {
        const line = lineOf(event, session);
        if (line === undefined) continue;
        log[line.level]({ sessionId: session.id, ...line.fields }, line.text);
      }
    }
  };
}

function lineOf(event: SessionEvent, session: Change['session']): Line | undefined {
  switch (event.type) {
    case 'session_created': {
      const { principal, mcpSessionId } = event;
      return info('session created', { principal, mcpSessionId });
    }
    case 'session_ended':
      return info('session ended', { durationMs: Math.max(0, event.at - session.createdAt) });
    case 'session_error':
      return { level: 'warn', text: 'session in error', fields: { code: event.error.code } };
    case 'session_updated':
      return info('permission mode reached', { permissionMode: event.changes.permissionMode });
    case 'permission_requested': {
      const { turnId, request } = event;
      return info('permission asked', { turnId, requestId: request.requestId });
    }
    case 'permission_answered': {
      const { turnId, request } = event;
      const { requestId, state } = request;
      return info('permission settled', { turnId, requestId, state, waitMs: waitOf(request) });
    }
    default:
      return turnLine(event);
  }
}

function turnLine(event: SessionEvent): Line | undefined {
  switch (event.type) {
    case 'prompt_queued':
      return info('prompt queued', { turnId: event.turnId, ...traced(event.trace) });
    case 'prompt_cancelled':
      return info('prompt cancelled', { turnId: event.turnId });
    case 'turn_started':
      return info('turn started', { ...named(event.turn), waitMs: queueWaitOf(event.turn) });
    case 'turn_ended':
      return info('turn ended', { ...named(event.turn), ...ended(event.turn) });
    case 'notice':
      return event.requeued ? info('prompt waits again', { turnId: event.turnId }) : undefined;
    default:
      return undefined;
  }
}

function info(text: string, fields: Fields): Line {
  return { level: 'info', fields, text };
}

function named({ id, origin, trace }: Turn): Fields {
  return { turnId: id, origin, ...traced(trace) };
}

function ended(turn: Turn): Fields {
  const { state, error, usage } = turn;
  return { state, durationMs: durationOf(turn), ...(error && { code: error.code }), ...usage };
}

function traced(trace: Trace | undefined): Fields {
  return trace === undefined ? {} : { traceId: trace.traceId, spanId: trace.spanId };
}

/** Milliseconds from the prompt's arrival to the start of its turn. */
export function queueWaitOf({ queuedAt, startedAt = queuedAt }: Turn): number {
  return Math.max(0, startedAt - queuedAt);
}

/** Milliseconds that a turn ran. */
export function durationOf({ queuedAt, startedAt = queuedAt, endedAt = startedAt }: Turn): number {
  return Math.max(0, endedAt - startedAt);
}

type Wait = { readonly createdAt: number; readonly answeredAt?: number };

/** Milliseconds that a permission request waited. */
export function waitOf({ createdAt, answeredAt = createdAt }: Wait): number {
  return Math.max(0, answeredAt - createdAt);
}
