/** The session core as the library uses it: one command in, the next record out. Pure. */

import { decide, type SessionCommand } from '../session/decide.ts';
import type { EventBody } from '../session/event.ts';
import { apply, applyCreated, type Session } from '../session/session.ts';
import type { ClaudeCodeOptions } from './options.ts';

/** Turns and permission requests belong to the server; a session of the library has none. */
const NOTHING: readonly never[] = [];
const TOUCHED: readonly EventBody[] = [{ type: 'touched' }];

/** @param at epoch milliseconds */
export function newRecord(
  id: string,
  options: ClaudeCodeOptions,
  workingDirectory: string,
  at: number,
): Session {
  const { name, labels = {}, ...rest } = options;
  return applyCreated(id, {
    type: 'session_created',
    principal: 'local',
    mcpSessionId: null,
    options: { ...rest, workingDirectory },
    ...(name !== undefined && { name }),
    labels,
    seq: 1,
    at,
  });
}

/**
 * The record after the command. Every legal command counts as activity, also where it changes
 * nothing else. Throws what `decide` throws.
 */
export function advance(session: Session, command: SessionCommand, at: number): Session {
  const state = { session, openTurns: NOTHING, openRequests: NOTHING, remembered: 0 };
  const events = decide(state, command, at);
  return (events.length === 0 ? TOUCHED : events).reduce(
    (record, body) => apply(record, { ...body, seq: record.lastSeq + 1, at }),
    session,
  );
}
