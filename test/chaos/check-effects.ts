/** What was acknowledged, against the log and the rows: found, and not undone. */

import type { EventRow } from './database.ts';
import type { Evidence } from './evidence.ts';
import type { Ack } from './load.ts';

type Kept = Pick<Evidence, 'ledger' | 'events' | 'sessions' | 'turns'>;

type Index = {
  readonly events: ReadonlyMap<string, readonly EventRow[]>;
  readonly status: ReadonlyMap<string, string>;
  readonly taskIds: ReadonlyMap<string, readonly unknown[]>;
  readonly turnState: ReadonlyMap<string, string>;
};

export function effectsLost(kept: Kept): readonly string[] {
  const index: Index = {
    events: Map.groupBy(kept.events, ({ sessionId }) => sessionId),
    status: new Map(kept.sessions.map(({ id, status }) => [id, status])),
    taskIds: new Map(kept.sessions.map(({ id, record }) => [id, listOf(record.taskIds)])),
    turnState: new Map(kept.turns.map(({ id, state }) => [id, state])),
  };
  return kept.ledger.flatMap((ack) => {
    const problem = problemOf(ack, index);
    return problem === undefined ? [] : [`${ack.effect} of ${ack.sessionId}: ${problem}`];
  });
}

function problemOf(ack: Ack, index: Index): string | undefined {
  if (!index.status.has(ack.sessionId)) return 'there is no such session';
  switch (ack.effect) {
    case 'create':
      return (
        find(ack, index, 'session_created') ?? promptProblem(ack, index) ?? taskProblem(ack, index)
      );
    case 'prompt':
      return promptProblem(ack, index);
    case 'link':
      return taskProblem(ack, index);
    case 'interrupt':
      return interruptProblem(ack, index);
    case 'cancel':
      return cancelProblem(ack, index);
    case 'attach':
      return tieProblem(ack, index);
    case 'end':
      return endProblem(ack, index);
  }
}

function promptProblem(ack: Ack, index: Index): string | undefined {
  if (ack.turnId === undefined) return undefined;
  const { turnId } = ack;
  if (!index.turnState.has(turnId)) return `turn ${turnId} is no row`;
  return find(ack, index, 'prompt_queued', (event) => event.turnId === turnId);
}

function taskProblem(ack: Ack, index: Index): string | undefined {
  const { taskId } = ack;
  if (taskId === undefined) return undefined;
  if (!index.taskIds.get(ack.sessionId)?.includes(taskId)) return `task ${taskId} is not linked`;
  return find(ack, index, 'task_linked', ({ body }) => body.taskId === taskId);
}

/** It was answered once the turn had stopped, or was back in the queue. */
function interruptProblem({ sessionId, turnId, at }: Ack, { events }: Index): string | undefined {
  if (turnId === undefined) return undefined;
  const stopped = (events.get(sessionId) ?? []).some(
    (event) =>
      event.turnId === turnId &&
      event.at <= at &&
      (event.type === 'turn_ended' || event.body.requeued === true),
  );
  return stopped ? undefined : `turn ${turnId} had not stopped when that was said`;
}

function cancelProblem(ack: Ack, index: Index): string | undefined {
  const { turnId = '' } = ack;
  const state = index.turnState.get(turnId);
  if (state !== 'cancelled') return `turn ${turnId} is ${state}`;
  return find(ack, index, 'prompt_cancelled', (event) => event.turnId === turnId);
}

function tieProblem(ack: Ack, index: Index): string | undefined {
  const { mcpSessionId } = ack;
  const isHis = ({ body }: EventRow): boolean => body.mcpSessionId === mcpSessionId;
  // Attaching what is tied already changes nothing.
  const created = find(ack, index, 'session_created', isHis);
  return created && find(ack, index, 'session_tied', isHis);
}

function endProblem(ack: Ack, index: Index): string | undefined {
  const status = index.status.get(ack.sessionId);
  return status === 'terminated' ? find(ack, index, 'session_ended') : `it is ${status}`;
}

function find(
  { sessionId }: Ack,
  { events }: Index,
  type: string,
  fits: (event: EventRow) => boolean = () => true,
): string | undefined {
  const found = events.get(sessionId)?.some((event) => event.type === type && fits(event));
  return found ? undefined : `its ${type} is missing in the log`;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
