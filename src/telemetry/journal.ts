/** Log lines about sessions and prompts, derived from committed events. `docs/observability.md` lists their fields. */

import type { Logger } from '../log.ts';
import { type EventTable, handleEvent, ignoring, type Trace, type Turn } from '../session/event.ts';
import type { Change, Commit } from '../store/store.ts';

type Fields = Readonly<Record<string, unknown>>;
type LogLine = { readonly level: 'info' | 'warn'; readonly fields: Fields; readonly text: string };

/** A listener for {@link Store.observe} that logs. `turnId` ties the lines about one prompt together. */
export function createJournal(log: Logger): (commit: Commit) => void {
  return ({ changes }) => {
    for (const { session, events } of changes) {
      for (const event of events) {
        const line = handleEvent(LINES, event, session);
        if (line === undefined) continue;
        log[line.level]({ sessionId: session.id, ...line.fields }, line.text);
      }
    }
  };
}

const LINES: EventTable<LogLine | undefined, [session: Change['session']]> = {
  session_created: ({ principal, mcpSessionId }) =>
    info('session created', { principal, mcpSessionId }),
  session_ended: ({ at }, { createdAt }) =>
    info('session ended', { durationMs: elapsed(createdAt, at) }),
  session_error: ({ error }) => ({
    level: 'warn',
    text: 'session in error',
    fields: { code: error.code },
  }),
  session_updated: ({ changes: { chosenMode, ...changes } }) => {
    const { permissionMode } = changes;
    const changed = Object.keys(changes);
    const isReached = chosenMode === undefined && changed.join() === 'permissionMode';
    return isReached
      ? info('permission mode reached', { permissionMode })
      : info('session changed', { changed, permissionMode });
  },
  permission_requested: ({ turnId, request: { requestId } }) =>
    info('permission asked', { turnId, requestId }),
  permission_answered: ({ turnId, request }) => {
    const { requestId, state, createdAt, answeredAt } = request;
    const waitMs = elapsed(createdAt, answeredAt);
    return info('permission settled', { turnId, requestId, state, waitMs });
  },
  prompt_queued: ({ turnId, trace }) => info('prompt queued', { turnId, ...traceFields(trace) }),
  prompt_cancelled: ({ turnId }) => info('prompt cancelled', { turnId }),
  turn_started: ({ turn }) =>
    info('turn started', { ...turnFields(turn), waitMs: elapsed(turn.queuedAt, turn.startedAt) }),
  turn_ended: ({ turn }) =>
    info('turn ended', {
      ...turnFields(turn),
      state: turn.state,
      durationMs: durationOf(turn),
      code: turn.error?.code,
      ...turn.usage,
    }),
  notice: ({ requeued, turnId }) => (requeued ? info('prompt requeued', { turnId }) : undefined),
  ...ignoring('session_tied', 'task_linked', 'task_unlinked', 'text', 'tool_use', 'tool_result'),
};

function info(text: string, fields: Fields): LogLine {
  return { level: 'info', fields, text };
}

function turnFields({ id, origin, trace }: Turn): Fields {
  return { turnId: id, origin, ...traceFields(trace) };
}

function traceFields(trace: Trace | undefined): Fields {
  return { traceId: trace?.traceId, spanId: trace?.spanId };
}

/** Milliseconds from one time to another, or 0 if that has not come. Clocks may be set back. */
export function elapsed(from: number, to = from): number {
  return Math.max(0, to - from);
}

/** Milliseconds for which a turn ran. */
export function durationOf({ queuedAt, startedAt = queuedAt, endedAt }: Turn): number {
  return elapsed(startedAt, endedAt);
}
