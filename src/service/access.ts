/** Whose session it is (contract, section 4): the one gate that every read and every change passes. */

import { SessionError, SessionNotFoundError } from '../errors.ts';
import type { EventBody } from '../session/event.ts';
import type { Session } from '../session/session.ts';
import type { Store } from '../store/store.ts';
import type { Caller } from './caller.ts';
import type { Presence } from './presence.ts';

/** The session, ended ones too, for a caller who may know of it. */
export async function readable(store: Store, caller: Caller, sessionId: string): Promise<Session> {
  const session = await store.session(caller.principal, sessionId);
  if (session === undefined) throw new SessionNotFoundError(sessionId);
  return session;
}

/**
 * What must happen before this caller may change the session: nothing, or a tie where the MCP session
 * it was tied to is gone.
 *
 * @throws SessionNotFoundError for another principal, SessionError CONFLICT while another MCP session
 *   of the same principal holds it
 */
export function passGate(
  session: Session,
  caller: Caller,
  presence: Presence,
): readonly EventBody[] {
  if (session.principal !== caller.principal) throw new SessionNotFoundError(session.id);
  if (caller.mcpSessionId === null || caller.mcpSessionId === session.mcpSessionId) return [];
  if (session.mcpSessionId !== null && presence.isConnected(session.mcpSessionId)) {
    throw new SessionError(
      'CONFLICT',
      `session ${session.id} is tied to another MCP session that is still connected`,
      { hint: 'attach_session ties it to yours.' },
    );
  }
  if (session.status === 'terminated') return [];
  return [{ type: 'session_tied', mcpSessionId: caller.mcpSessionId }];
}
