/** How each event of a log changes the rows beside it, said without a database. */

import type {
  EventBody,
  PermissionRequest,
  PromptParts,
  SessionEvent,
  Turn,
} from '../session/event.ts';
import { ruleName } from '../session/remembered.ts';
import { queuedTurn } from '../session/turn.ts';

/** One change of the rows of a session. */
export type RowChange =
  | { readonly kind: 'label'; readonly key: string; readonly value: string }
  /** Takes all labels away. */
  | { readonly kind: 'unlabel' }
  | { readonly kind: 'link' | 'unlink'; readonly taskId: string }
  | {
      readonly kind: 'insert_turn';
      readonly turn: Turn;
      readonly prompt: string;
      readonly parts: PromptParts;
    }
  /** Before all that are queued; if several are put first, the last of them is. */
  | { readonly kind: 'put_first'; readonly turnId: string }
  | { readonly kind: 'start_turn'; readonly turn: Turn; readonly epoch: number | null }
  /** The prompt with its parts stays in the log; its copy in the row is not needed any more. */
  | { readonly kind: 'end_turn'; readonly turn: Turn }
  | { readonly kind: 'requeue_turn'; readonly turn: Turn }
  | { readonly kind: 'insert_request' | 'answer_request'; readonly request: PermissionRequest }
  | { readonly kind: 'remember'; readonly name: string }
  /** A turn of the session's caller has ended now. */
  | { readonly kind: 'served' };

/** Finds a turn of the session that has not ended. */
export type FindTurn = (turnId: string) => Turn;

/** @param epoch the lease that the event is written under, null if it needs none */
export function project(
  sessionId: string,
  event: SessionEvent,
  epoch: number | null,
  find: FindTurn,
): readonly RowChange[] {
  switch (event.type) {
    case 'session_created':
      return labelsOf(event.labels);
    case 'session_updated':
      return event.changes.labels ? [{ kind: 'unlabel' }, ...labelsOf(event.changes.labels)] : [];
    case 'task_linked':
      return [{ kind: 'link', taskId: event.taskId }];
    case 'task_unlinked':
      return [{ kind: 'unlink', taskId: event.taskId }];
    case 'prompt_queued':
      return queuePrompt(sessionId, event);
    case 'prompt_cancelled':
      return [
        {
          kind: 'end_turn',
          turn: { ...find(event.turnId), state: 'cancelled', endedAt: event.at },
        },
      ];
    case 'turn_started':
      return startTurn(event.turn, epoch);
    case 'turn_ended':
      return [{ kind: 'end_turn', turn: event.turn }, { kind: 'served' }];
    case 'notice':
      return event.requeued && event.turnId !== undefined
        ? [{ kind: 'requeue_turn', turn: requeued(find(event.turnId), event.crashes) }]
        : [];
    case 'permission_requested':
      return [{ kind: 'insert_request', request: event.request }];
    case 'permission_answered':
      return answerRequest(event.request);
    case 'session_tied':
    case 'session_error':
    case 'session_ended':
    case 'text':
    case 'tool_use':
    case 'tool_result':
      return [];
  }
}

function labelsOf(labels: Readonly<Record<string, string>>): readonly RowChange[] {
  return Object.entries(labels).map(([key, value]) => ({ kind: 'label', key, value }));
}

type Of<T extends EventBody['type']> = Extract<SessionEvent, { type: T }>;

function queuePrompt(sessionId: string, event: Of<'prompt_queued'>): readonly RowChange[] {
  const { turnId, prompt, attachments, outputSchema } = event;
  const parts = { attachments, outputSchema };
  const insert = {
    kind: 'insert_turn',
    turn: queuedTurn(sessionId, event),
    prompt,
    parts,
  } as const;
  return event.next ? [insert, { kind: 'put_first', turnId }] : [insert];
}

/** An autonomous turn was never queued and has no prompt: Claude Code is at it already. */
function startTurn(turn: Turn, epoch: number | null): readonly RowChange[] {
  const start: RowChange = { kind: 'start_turn', turn, epoch };
  if (turn.origin === 'prompt') return [start];
  return [{ kind: 'insert_turn', turn, prompt: '', parts: {} }, start];
}

function requeued(turn: Turn, crashes?: number): Turn {
  const { id, sessionId, queuedAt, trace, attachments } = turn;
  const queued = { id, sessionId, state: 'queued', origin: 'prompt', queuedAt, trace } as const;
  return { ...queued, crashes, attachments };
}

function answerRequest(request: PermissionRequest): readonly RowChange[] {
  const answer: RowChange = { kind: 'answer_request', request };
  const { remembered } = request;
  return remembered ? [answer, { kind: 'remember', name: ruleName(remembered.rule) }] : [answer];
}

/** Whether another turn may be the next one to run. */
export function changesQueue({ kind }: RowChange): boolean {
  switch (kind) {
    case 'insert_turn':
    case 'put_first':
    case 'start_turn':
    case 'end_turn':
    case 'requeue_turn':
      return true;
    case 'label':
    case 'unlabel':
    case 'link':
    case 'unlink':
    case 'insert_request':
    case 'answer_request':
    case 'remember':
    case 'served':
      return false;
  }
}
