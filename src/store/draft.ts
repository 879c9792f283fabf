/** What a write makes of a session, computed without a database: every store executes the same draft. */

import type { OpenTurn } from '../session/decide.ts';
import type { EventBody, SessionEvent, Turn } from '../session/event.ts';
import { apply, applyCreated, type Session } from '../session/session.ts';
import { wellFormed } from '../text.ts';
import { project, type RowChange } from './projection.ts';
import { type SumChange, sumChangesOf } from './sums.ts';

/** A session as it was loaded for a write. */
export type Loaded = {
  readonly sessionId: string;
  /** Undefined if it is to be created. */
  readonly session: Session | undefined;
  /** The open turns that the events name, at least. */
  readonly openTurns: readonly OpenTurn[];
};

export type Draft = {
  readonly session: Session;
  readonly events: readonly SessionEvent[];
  readonly rows: readonly RowChange[];
  readonly sums: readonly SumChange[];
};

/**
 * @param at epoch milliseconds
 * @param epoch the lease that the events are written under, null if they need none
 * @throws Error if the events contradict the log
 */
export function draftOf(
  loaded: Loaded,
  bodies: readonly EventBody[],
  at: number,
  epoch: number | null,
): Draft {
  const { sessionId, session: before } = loaded;
  const turns = new Map<string, Turn>();
  for (const { prompt: _prompt, outputSchema: _schema, ...turn } of loaded.openTurns) {
    turns.set(turn.id, turn);
  }
  const find = (id: string): Turn => turns.get(id) ?? unknownTurn(id);
  const events: SessionEvent[] = [];
  const rows: RowChange[] = [];
  let session = before;
  for (const body of bodies) {
    const event: SessionEvent = { ...wellFormed(body), seq: (session?.lastSeq ?? 0) + 1, at };
    session = session === undefined ? applyCreated(sessionId, event) : apply(session, event);
    const changes = project(sessionId, event, epoch, find);
    for (const change of changes) if ('turn' in change) turns.set(change.turn.id, change.turn);
    events.push(event);
    rows.push(...changes);
  }
  if (session === undefined) throw new Error(`session ${sessionId} was created without events`);
  return { session, events, rows, sums: sumChangesOf(before, session) };
}

function unknownTurn(id: string): never {
  throw new Error(`an event names turn ${id}, which is not open or was not loaded`);
}
